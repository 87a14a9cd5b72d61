"""Fine-tune a classifier or a regression with a loop of your own.

    accelerate launch run_glue_no_trainer.py --model_name_or_path bert-base-cased --task_name mrpc --max_length 128 --output_dir out"""
from types import SimpleNamespace
import numpy as np
from nbformers import AutoModelForSequenceClassification, DataCollatorWithPadding, default_data_collator, set_seed
from nbformers.trainer import recipes, scripts
from nbformers.trainer.bare import Loop, LoopArguments

def main(args=None):
    model_args, data_args, args = scripts.parse_script((scripts.ModelArguments, recipes.ClassificationData, LoopArguments), args, __doc__)
    set_seed(args.seed)
    tok = scripts.script_tokenizer(model_args)
    data, names, cfg = recipes.classification_data(data_args, model_args, tok)
    model = scripts.script_model(AutoModelForSequenceClassification, model_args, tok, cfg)
    loop = Loop(model, data['train'], default_data_collator if data_args.pad_to_max_length else DataCollatorWithPadding(tok), args)
    score = recipes.compute_scores(data_args, names)

    def evaluate(rows):
        logits = loop.each(rows, lambda batch: model(**batch).logits.float().tolist())
        return score(SimpleNamespace(predictions=np.array(logits), label_ids=np.array(rows['labels'])))

    found = {}
    for epoch in loop.epochs():
        for update in loop.updates(epoch):
            for batch, share in update: loop.backward(loop.model(**batch).loss*share)
            loop.step()
        for k, rows in data.items():
            if k.startswith('validation'): found |= {f'eval_{n}{k[10:]}': v for n, v in evaluate(rows).items()}
        loop.report(epoch, found)
    return loop.finish(found, tok)

if __name__ == '__main__': main()
