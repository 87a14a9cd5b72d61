"""Fine-tune a model that summarizes with a loop of your own.

    accelerate launch run_summarization_no_trainer.py --model_name_or_path t5-small --source_prefix "summarize: " --train_file a.csv \\
        --validation_file b.csv --output_dir out"""
from run_summarization import Data, pairs
from nbformers import AutoModelForSeq2SeqLM, DataCollatorForSeq2Seq, set_seed
from nbformers.trainer import recipes, scores, scripts
from nbformers.trainer.bare import Loop, LoopArguments

def main(args=None):
    model_args, data_args, args = scripts.parse_script((scripts.ModelArguments, Data, LoopArguments), args, __doc__)
    set_seed(args.seed)
    tok = scripts.script_tokenizer(model_args)
    model = scripts.script_model(AutoModelForSeq2SeqLM, model_args, tok)
    recipes.set_languages(model, tok, data_args.lang, data_args.lang, data_args.forced_bos_token)
    data = recipes.pair_data(data_args, model_args, tok, model, pairs(data_args))
    loop = Loop(model, data['train'], DataCollatorForSeq2Seq(tok, model), args)
    found = {}
    for epoch in loop.epochs():
        for update in loop.updates(epoch):
            for batch, share in update: loop.backward(loop.model(**batch).loss*share)
            loop.step()
        if 'validation' in data: found = scores.rouge(*recipes.write_all(loop, data['validation'], tok, data_args), use_stemmer=True)
        loop.report(epoch, found)
    return loop.finish(found, tok)

if __name__ == '__main__': main()
