"""Train a masked language model: hide tokens, guess them. Blocks of text, or one text a line with --line_by_line.

    python run_mlm.py --model_name_or_path roberta-base --train_file mine.txt --validation_file held_out.txt \\
        --do_train --do_eval --output_dir out"""
from dataclasses import dataclass
from nbformers import AutoModelForMaskedLM, DataCollatorForLanguageModeling, Trainer, TrainingArguments, set_seed
from nbformers.trainer import recipes, scripts

@dataclass
class Data(scripts.DataArguments):
    max_seq_length:int|None=None # tokens, default what the model reads, at most 1024
    mlm_probability:float=.15 # share of tokens to hide
    line_by_line:bool=False # each row is a text of its own
    pad_to_max_length:bool=False # all to max_seq_length, with line_by_line
    validation_split_percentage:int|None=5 # share of the training data to evaluate on, where nothing else is given
    text_column:str|None=None # default: text, or the first column

def main(args=None):
    model_args, data_args, args = scripts.parse_script((scripts.ModelArguments, Data, TrainingArguments), args, __doc__)
    set_seed(args.seed)
    tok = scripts.script_tokenizer(model_args)
    data = recipes.masked_texts(data_args, model_args, tok)
    model = scripts.script_model(AutoModelForMaskedLM, model_args, tok)
    collator = DataCollatorForLanguageModeling(tok, mlm_probability=data_args.mlm_probability, pad_to_multiple_of=8 if args.fp16 else None)
    trainer = Trainer(model, args, collator, data.get('train'), data.get('validation'), tok,
        compute_metrics=recipes.token_accuracy(), preprocess_logits_for_metrics=recipes.best_tokens)
    return scripts.run_phases(trainer, also=scripts.with_perplexity, card=dict(tasks='fill-mask', dataset=data_args.dataset_name))

if __name__ == '__main__': main()
