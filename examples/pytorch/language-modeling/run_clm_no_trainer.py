"""Train a causal language model with a loop of your own.

    accelerate launch run_clm_no_trainer.py --model_name_or_path gpt2 --train_file mine.jsonl --output_dir out"""
from run_clm import Data
from nbformers import AutoModelForCausalLM, default_data_collator, set_seed
from nbformers.trainer import recipes, scripts
from nbformers.trainer.bare import Loop, LoopArguments

def main(args=None):
    model_args, data_args, args = scripts.parse_script((scripts.ModelArguments, Data, LoopArguments), args, __doc__)
    set_seed(args.seed)
    tok = scripts.script_tokenizer(model_args)
    data = recipes.language_blocks(data_args, model_args, tok)
    model = scripts.script_model(AutoModelForCausalLM, model_args, tok)
    loop = Loop(model, data['train'], default_data_collator, args)
    found = {}
    for epoch in loop.epochs():
        for update in loop.updates(epoch):
            for batch, share in update: loop.backward(loop.model(**batch).loss*share)
            loop.step()
        if 'validation' in data: found = scripts.with_perplexity(dict(eval_loss=loop.mean_loss(data['validation'])))
        loop.report(epoch, found)
    return loop.finish(found, tok)

if __name__ == '__main__': main()
