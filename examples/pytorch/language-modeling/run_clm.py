"""Train a causal language model, from a checkpoint or from nothing, on a dataset of the Hub or on your own files.

    python run_clm.py --model_name_or_path gpt2 --train_file mine.jsonl --validation_file held_out.jsonl \\
        --do_train --do_eval --output_dir out"""
from dataclasses import dataclass
from nbformers import AutoModelForCausalLM, Trainer, TrainingArguments, default_data_collator, set_seed
from nbformers.trainer import recipes, scripts

@dataclass
class Data(scripts.DataArguments):
    block_size:int|None=None # tokens a block, default what the model reads, at most 1024
    keep_linebreaks:bool=True # in .txt files
    validation_split_percentage:int|None=5 # share of the training data to evaluate on, where nothing else is given
    text_column:str|None=None # default: text, or the first column

def main(args=None):
    model_args, data_args, args = scripts.parse_script((scripts.ModelArguments, Data, TrainingArguments), args, __doc__)
    set_seed(args.seed)
    tok = scripts.script_tokenizer(model_args)
    data = recipes.language_blocks(data_args, model_args, tok)
    model = scripts.script_model(AutoModelForCausalLM, model_args, tok)
    trainer = Trainer(model, args, default_data_collator, data.get('train'), data.get('validation'), tok,
        compute_metrics=recipes.token_accuracy(shift=True), preprocess_logits_for_metrics=recipes.best_tokens)
    return scripts.run_phases(trainer, also=scripts.with_perplexity, card=dict(tasks='text-generation', dataset=data_args.dataset_name))

if __name__ == '__main__': main()
