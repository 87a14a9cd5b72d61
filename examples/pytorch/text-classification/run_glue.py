"""Fine-tune a classifier or a regression of texts or pairs of texts: a GLUE task, another dataset, or your own files.

    python run_glue.py --model_name_or_path bert-base-cased --task_name mrpc --do_train --do_eval --output_dir out
    python run_glue.py --model_name_or_path bert-base-cased --train_file a.csv --validation_file b.csv --do_train --do_eval --output_dir out"""
from pathlib import Path
from nbformers import AutoModelForSequenceClassification, DataCollatorWithPadding, Trainer, TrainingArguments, default_data_collator, set_seed
from nbformers.trainer import recipes, scripts

def main(args=None):
    model_args, data_args, args = scripts.parse_script((scripts.ModelArguments, recipes.ClassificationData, TrainingArguments), args, __doc__)
    set_seed(args.seed)
    tok = scripts.script_tokenizer(model_args)
    data, names, cfg = recipes.classification_data(data_args, model_args, tok)
    model = scripts.script_model(AutoModelForSequenceClassification, model_args, tok, cfg)
    collator = default_data_collator if data_args.pad_to_max_length else DataCollatorWithPadding(tok, pad_to_multiple_of=8 if args.fp16 else None)
    trainer = Trainer(model, args, collator, data.get('train'), recipes.parts(data, 'validation'), tok, compute_metrics=recipes.compute_scores(data_args, names))

    def write(out):
        rows = recipes.answers(out.predictions, names, cfg.problem_type == 'multi_label_classification')
        (Path(args.output_dir)/'predict_results.txt').write_text('index\tprediction\n' + ''.join(f'{i}\t{r}\n' for i, r in enumerate(rows)), encoding='utf-8')

    return scripts.run_phases(trainer, recipes.parts(data, 'test'), write, card=dict(tasks='text-classification', dataset=data_args.task_name or data_args.dataset_name))

if __name__ == '__main__': main()
