"""Fine-tune a model that translates. A line of a JSON-lines file is {"translation": {"en": "…", "ro": "…"}}; a CSV file has a column a language.

    python run_translation.py --model_name_or_path Helsinki-NLP/opus-mt-en-ro --source_lang en --target_lang ro --train_file a.jsonl \\
        --validation_file b.jsonl --do_train --do_eval --predict_with_generate --output_dir out"""
from dataclasses import dataclass
from nbformers import AutoModelForSeq2SeqLM, DataCollatorForSeq2Seq, Seq2SeqTrainer, Seq2SeqTrainingArguments, set_seed
from nbformers.trainer import recipes, scores, scripts

@dataclass
class Data(recipes.PairData):
    source_lang:str|None=None # language to translate from, such as en (mBART: en_XX)
    target_lang:str|None=None # language to translate to
    def __post_init__(self):
        if not (self.source_lang and self.target_lang): raise ValueError('Say from which language to which: --source_lang en --target_lang ro.')

def pairs(data):
    "The two languages of a row: in its translation, or in columns of their own."
    source, target = (l.split('_')[0] for l in (data.source_lang, data.target_lang))
    def pick(rows):
        names = rows.column_names or list(next(iter(rows)))
        if 'translation' in names: return lambda r: ([t.get(source) for t in r['translation']], [t.get(target) for t in r['translation']])
        a, b = (scripts.column(rows, l, flag=flag) for l, flag in ((source, 'source_lang'), (target, 'target_lang')))
        return lambda r: (r[a], r[b])
    return pick

def main(args=None):
    model_args, data_args, args = scripts.parse_script((scripts.ModelArguments, Data, Seq2SeqTrainingArguments), args, __doc__)
    set_seed(args.seed)
    tok = scripts.script_tokenizer(model_args)
    model = scripts.script_model(AutoModelForSeq2SeqLM, model_args, tok)
    recipes.set_languages(model, tok, data_args.source_lang, data_args.target_lang, data_args.forced_bos_token)
    data = recipes.pair_data(data_args, model_args, tok, model, pairs(data_args))
    trainer = Seq2SeqTrainer(model, args, DataCollatorForSeq2Seq(tok, model, pad_to_multiple_of=8 if args.fp16 else None), data.get('train'), data.get('validation'), tok,
        compute_metrics=recipes.text_metrics(tok, scores.bleu) if args.predict_with_generate else None)
    return recipes.run_pairs(trainer, data_args, data.get('test'), card=dict(tasks='translation', dataset=data_args.dataset_name, language=[data_args.source_lang, data_args.target_lang]))

if __name__ == '__main__': main()
