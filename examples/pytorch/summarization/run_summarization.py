"""Fine-tune a model that reads a text and writes a shorter one.

    python run_summarization.py --model_name_or_path t5-small --source_prefix "summarize: " --train_file a.csv --validation_file b.csv \\
        --do_train --do_eval --predict_with_generate --output_dir out"""
from dataclasses import dataclass
from functools import partial
from nbformers import AutoModelForSeq2SeqLM, DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments, set_seed
from nbformers.trainer import recipes, scores, scripts

COLUMNS = dict(amazon_reviews_multi=('review_body', 'review_title'), big_patent=('description', 'abstract'), cnn_dailymail=('article', 'highlights'),
    orange_sum=('text', 'summary'), pn_summary=('article', 'summary'), psc=('extract_text', 'summary_text'), samsum=('dialogue', 'summary'), thaisum=('body', 'summary'),
    xglue=('news_body', 'news_title'), xsum=('document', 'summary'), wiki_summary=('article', 'highlights'), multi_news=('document', 'summary'))

@dataclass
class Data(recipes.PairData):
    text_column:str|None=None # default: the first column
    summary_column:str|None=None # default: the second
    lang:str|None=None # language of both, for multilingual models

def pairs(data):
    "Which columns of a dataset hold a text and its summary."
    known = COLUMNS.get((data.dataset_name or '').split('/')[-1], (None, None))
    def pick(rows):
        text = scripts.column(rows, data.text_column or known[0])
        summary = scripts.column(rows, data.summary_column or known[1], 1, 'summary_column')
        return lambda r: (r[text], r[summary])
    return pick

def main(args=None):
    model_args, data_args, args = scripts.parse_script((scripts.ModelArguments, Data, Seq2SeqTrainingArguments), args, __doc__)
    set_seed(args.seed)
    tok = scripts.script_tokenizer(model_args)
    model = scripts.script_model(AutoModelForSeq2SeqLM, model_args, tok)
    recipes.set_languages(model, tok, data_args.lang, data_args.lang, data_args.forced_bos_token)
    data = recipes.pair_data(data_args, model_args, tok, model, pairs(data_args))
    trainer = Seq2SeqTrainer(model, args, DataCollatorForSeq2Seq(tok, model, pad_to_multiple_of=8 if args.fp16 else None), data.get('train'), data.get('validation'), tok,
        compute_metrics=recipes.text_metrics(tok, partial(scores.rouge, use_stemmer=True)) if args.predict_with_generate else None)
    return recipes.run_pairs(trainer, data_args, data.get('test'), card=dict(tasks='summarization', dataset=data_args.dataset_name))

if __name__ == '__main__': main()
