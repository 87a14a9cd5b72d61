"""Train a masked language model with a loop of your own.

    accelerate launch run_mlm_no_trainer.py --model_name_or_path roberta-base --train_file mine.txt --output_dir out"""
from run_mlm import Data
from nbformers import AutoModelForMaskedLM, DataCollatorForLanguageModeling, set_seed
from nbformers.trainer import recipes, scripts
from nbformers.trainer.bare import Loop, LoopArguments

def main(args=None):
    model_args, data_args, args = scripts.parse_script((scripts.ModelArguments, Data, LoopArguments), args, __doc__)
    set_seed(args.seed)
    tok = scripts.script_tokenizer(model_args)
    data = recipes.masked_texts(data_args, model_args, tok)
    model = scripts.script_model(AutoModelForMaskedLM, model_args, tok)
    loop = Loop(model, data['train'], DataCollatorForLanguageModeling(tok, mlm_probability=data_args.mlm_probability), args)
    found = {}
    for epoch in loop.epochs():
        for update in loop.updates(epoch):
            for batch, share in update: loop.backward(loop.model(**batch).loss*share)
            loop.step()
        if 'validation' in data: found = scripts.with_perplexity(dict(eval_loss=loop.mean_loss(data['validation'])))
        loop.report(epoch, found)
    return loop.finish(found, tok)

if __name__ == '__main__': main()
