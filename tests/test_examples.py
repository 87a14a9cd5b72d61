"Every script under `examples/`: run as a function on tiny files and models, with the flags that documents use."
import importlib, json, math, os, subprocess, sys, time
from pathlib import Path
import pytest, torch

ROOT = Path(__file__).resolve().parents[1]/'examples/pytorch'
VERSES = ['in the beginning was the word', 'the sea is his and he made it', 'a ship sails on the sea', 'the word was with the sea']*8
QUICK = '--max_steps 2 --save_strategy no --disable_tqdm --use_cpu --report_to none --per_device_train_batch_size 4 --logging_steps 1'.split()
BARE = '--max_train_steps 2 --per_device_train_batch_size 4 --use_cpu'.split()

@pytest.fixture(scope='module', autouse=True)
def scripts_on_path():
    import datasets
    was = datasets.are_progress_bars_disabled(); datasets.disable_progress_bars()
    folders = [str(d) for d in ROOT.iterdir() if d.is_dir()]
    sys.path[:0] = folders
    yield
    for f in folders: sys.path.remove(f)
    if not was: datasets.enable_progress_bars()

def run(script, *words): return importlib.import_module(script).main([str(w) for w in words])

@pytest.fixture(scope='module')
def tiny(tmp_path_factory):
    "A tokenizer of its own with a BERT, a GPT-2 and a T5 of a few thousand weights, and files of rows."
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from nbformers import (BertConfig, BertForMaskedLM, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration, set_seed)
    home = tmp_path_factory.mktemp('tiny')
    words = sorted({w for v in VERSES for w in v.split()}) + ['good', 'bad', 'film', 'summarize', ':']
    t = Tokenizer(models.WordLevel({w: i for i, w in enumerate(['<pad>', '</s>', '<unk>', '<s>', '<mask>', *words])}, unk_token='<unk>'))
    t.normalizer, t.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    t.post_processor = processors.TemplateProcessing(single='$A </s>', pair='$A </s> $B </s>', special_tokens=[('</s>', 1)])
    tok = PreTrainedTokenizerFast(tokenizer_object=t, pad_token='<pad>', eos_token='</s>', unk_token='<unk>', bos_token='<s>', mask_token='<mask>', model_max_length=64)
    bert = dict(vocab_size=len(tok), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, max_position_embeddings=64)
    set_seed(0)
    for name, model in dict(bert=BertForMaskedLM(BertConfig(**bert)), classes=BertForSequenceClassification(BertConfig(**bert, hidden_dropout_prob=0., attention_probs_dropout_prob=0.)), gpt2=GPT2LMHeadModel(GPT2Config(vocab_size=len(tok), n_embd=16, n_layer=1, n_head=2, n_positions=64, bos_token_id=3, eos_token_id=1)),
                            t5=T5ForConditionalGeneration(T5Config(vocab_size=len(tok), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, decoder_start_token_id=0))).items():
        model.save_pretrained(home/name); tok.save_pretrained(home/name)
    (home/'text.txt').write_text('\n'.join(VERSES))
    (home/'text.jsonl').write_text(''.join(json.dumps(dict(id=i, text=v))+'\n' for i, v in enumerate(VERSES)))
    (home/'text.csv').write_text('text\n'+''.join(v+'\n' for v in VERSES))
    (home/'films.csv').write_text('sentence,label\n'+'a good film,yes\na bad film,no\n'*8)
    (home/'films.jsonl').write_text(''.join(json.dumps(dict(sentence1='the film', sentence2=s, label=y))+'\n' for s, y in (('good', 1), ('bad', 0))*8))
    (home/'sums.csv').write_text('text,summary\n'+''.join(f'{v},{v.split()[-1]}\n' for v in VERSES))
    (home/'sums.jsonl').write_text(''.join(json.dumps(dict(id=i, body=v, short=v.split()[-1]))+'\n' for i, v in enumerate(VERSES)))
    (home/'pairs.jsonl').write_text(''.join(json.dumps(dict(translation=dict(en=v, ro=' '.join(reversed(v.split())))))+'\n' for v in VERSES))
    (home/'pairs.csv').write_text('en,ro\n'+''.join(f"{v},{' '.join(reversed(v.split()))}\n" for v in VERSES))
    return home

def files(home, name, test=False):
    out = ['--train_file', home/name, '--validation_file', home/name, '--max_train_samples', 16, '--max_eval_samples', 8]
    return out + (['--test_file', home/name, '--max_predict_samples', 4] if test else [])

def both(tiny, tmp_path, script, model, words, quick=QUICK, bare=BARE):
    "A script and its twin without a Trainer; their weights must be equal."
    from safetensors.torch import load_file
    found = run(script, '--model_name_or_path', tiny/model, *words, '--do_train', '--do_eval', '--output_dir', tmp_path/'with', *quick)
    other = run(script+'_no_trainer', '--model_name_or_path', tiny/model, *words, '--output_dir', tmp_path/'without', *bare)
    a, b = (load_file(tmp_path/k/'model.safetensors') for k in ('with', 'without'))
    assert a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)
    start = load_file(tiny/model/'model.safetensors')
    assert any(not torch.equal(a[k], start[k]) for k in a if k in start)
    for k in ('with', 'without'): assert (tmp_path/k/'all_results.json').is_file() and (tmp_path/k/'tokenizer.json').is_file()
    return found, other

@pytest.mark.parametrize('kind', ['txt', 'jsonl', 'csv'])
def test_causal(tiny, tmp_path, kind):
    found, other = both(tiny, tmp_path, 'run_clm', 'gpt2', [*files(tiny, f'text.{kind}'), '--block_size', 16])
    assert found['train_samples'] >= 4 and math.isclose(found['perplexity'], math.exp(found['eval_loss'])) and 'eval_accuracy' in found
    assert math.isclose(found['eval_loss'], other['eval_loss'], rel_tol=1e-4)

@pytest.mark.parametrize('how', [[], ['--line_by_line'], ['--line_by_line', '--pad_to_max_length', '--max_seq_length', 12]])
def test_masked(tiny, tmp_path, how):
    words = [*files(tiny, 'text.jsonl'), *(how or ['--max_seq_length', 16]), '--mlm_probability', .3]
    found, other = both(tiny, tmp_path, 'run_mlm', 'bert', words)
    assert found['perplexity'] > 1 and other['perplexity'] > 1

def test_from_nothing(tiny, tmp_path):
    found = run('run_clm', '--model_type', 'gpt2', '--tokenizer_name', tiny/'gpt2', '--config_overrides', 'n_embd=16,n_head=2,n_layer=1', '--train_file', tiny/'text.csv', '--validation_split_percentage', 25,
                '--block_size', 8, '--do_train', '--do_eval', '--output_dir', tmp_path, '--streaming', 'false', *QUICK)
    assert abs(found['eval_loss']-math.log(len(json.loads((tiny/'gpt2/tokenizer.json').read_text())['model']['vocab']))) < .5

def test_too_little_to_evaluate_on(tiny, tmp_path):
    "A share that fills no block is left out, and said; training goes on."
    with pytest.warns(UserWarning, match='validation part has 1 rows with 7 tokens, which do not fill one block of 16'):
        found = run('run_clm', '--model_name_or_path', tiny/'gpt2', '--train_file', tiny/'text.csv', '--block_size', 16, '--do_train', '--output_dir', tmp_path, *QUICK)
    assert found['train_samples'] > 3

def test_stream(tiny, tmp_path):
    "The text is read while training: nothing has a length."
    found = run('run_clm', '--model_name_or_path', tiny/'gpt2', *files(tiny, 'text.jsonl'), '--streaming', '--block_size', 16, '--do_train', '--do_eval', '--output_dir', tmp_path, *QUICK)
    assert found['eval_loss'] > 0 and 'train_samples' not in found

def test_classes(tiny, tmp_path):
    found, other = both(tiny, tmp_path, 'run_glue', 'classes', [*files(tiny, 'films.csv'), '--max_seq_length', 16])
    assert 0 <= found['eval_accuracy'] <= 1 and found['eval_accuracy'] == other['eval_accuracy']
    assert json.loads((tmp_path/'with/config.json').read_text())['label2id'] == dict(no=0, yes=1)

def test_classes_of_pairs_and_predictions(tiny, tmp_path):
    run('run_classification', '--model_name_or_path', tiny/'classes', *files(tiny, 'films.jsonl', test=True), '--pad_to_max_length', 'false', '--do_train', '--do_predict', '--output_dir', tmp_path, *QUICK)
    lines = (tmp_path/'predict_results.txt').read_text().splitlines()
    assert lines[0] == 'index\tprediction' and len(lines) == 5 and {l.split('\t')[1] for l in lines[1:]} <= {'0', '1'}

def test_several_classes_at_once(tiny, tmp_path):
    "A list of classes in a row: zeros and ones as labels, F1 over all answers, a list for each text in the file; with and without the Trainer."
    rows = [dict(text=t, label=l) for t, l in (('good', ['warm', 'funny']), ('bad', []), ('dull', ['long']), ('nice', ['warm']))*3]
    (tmp_path/'kinds.jsonl').write_text('\n'.join(map(json.dumps, rows)))
    found, other = both(tiny, tmp_path, 'run_glue', 'classes', [*files(tmp_path, 'kinds.jsonl'), '--ignore_mismatched_sizes'])
    assert 0 <= found['eval_f1'] <= 1 and found['eval_f1'] == other['eval_f1']
    cfg = json.loads((tmp_path/'with/config.json').read_text())
    assert cfg['problem_type'] == 'multi_label_classification' and cfg['label2id'] == dict(funny=0, long=1, warm=2)
    run('run_classification', '--model_name_or_path', tmp_path/'with', *files(tmp_path, 'kinds.jsonl', test=True), '--do_predict', '--output_dir', tmp_path/'told', *QUICK)
    lines = [l.split('\t')[1] for l in (tmp_path/'told/predict_results.txt').read_text().splitlines()[1:]]
    assert len(lines) == 4 and all(set(eval(l)) <= {'warm', 'funny', 'long'} for l in lines)

def test_regression(tiny, tmp_path):
    (tmp_path/'stars.csv').write_text('text,other,stars\n' + 'good,x,4.5\nbad,y,1.0\n'*6)
    words = ['--text_column_names', 'text,other', '--label_column_name', 'stars', '--metric_name', 'pearson', *files(tmp_path, 'stars.csv'), '--ignore_mismatched_sizes']
    found, other = both(tiny, tmp_path, 'run_glue', 'classes', words)
    assert -1 <= found['eval_pearson'] <= 1 and math.isclose(found['eval_pearson'], other['eval_pearson'], abs_tol=1e-4)

@pytest.mark.parametrize('data', [['sums.csv'], ['sums.jsonl', '--text_column', 'body', '--summary_column', 'short']])
def test_summaries(tiny, tmp_path, data):
    words = [*files(tiny, data[0], test=True), *data[1:], '--source_prefix', 'summarize: ', '--max_source_length', 16, '--max_target_length', 6]
    found, other = both(tiny, tmp_path, 'run_summarization', 't5', words, QUICK+['--predict_with_generate', '--do_predict', '--overwrite_output_dir'])
    assert {k: found[f'eval_{k}'] for k in ('rouge1', 'rouge2', 'rougeL', 'rougeLsum')} == other
    assert len((tmp_path/'with/generated_predictions.txt').read_text().splitlines()) == 4

@pytest.mark.parametrize('name', ['pairs.jsonl', 'pairs.csv'])
def test_translations(tiny, tmp_path, name):
    words = [*files(tiny, name), '--source_lang', 'en', '--target_lang', 'ro', '--max_source_length', 16, '--max_target_length', 8, '--num_beams', 2]
    found, other = both(tiny, tmp_path, 'run_translation', 't5', words, QUICK+['--predict_with_generate'])
    assert found['eval_bleu'] == other['bleu'] and found['eval_gen_len'] <= 8

def test_resume(tiny, tmp_path):
    "A run of 4 updates equals one of 2 that goes on, with a Trainer and without."
    from safetensors.torch import load_file
    base = ['--model_name_or_path', tiny/'bert', *files(tiny, 'text.csv'), '--line_by_line', '--output_dir']
    quick = ['--do_train', '--save_strategy', 'steps', '--save_steps', 2, '--disable_tqdm', '--use_cpu', '--per_device_train_batch_size', 4, '--lr_scheduler_type', 'constant']
    for name, words, n in (('run_mlm', quick, '--max_steps'), ('run_mlm_no_trainer', ['--checkpointing_steps', 2, '--use_cpu', '--per_device_train_batch_size', 4, '--lr_scheduler_type', 'constant'], '--max_train_steps')):
        a, b = tmp_path/f'{name}-a', tmp_path/f'{name}-b'
        run(name, *base, a, *words, n, 4); run(name, *base, b, *words, n, 2)
        run(name, *base, b, *words, n, 4, '--resume_from_checkpoint', 'True')
        x, y = load_file(a/'model.safetensors'), load_file(b/'model.safetensors')
        assert all(torch.equal(x[k], y[k]) for k in x)

def test_push(tiny, tmp_path, monkeypatch):
    "`--push_to_hub` sends the result to a server that plays the Hub."
    sent = []
    fake = lambda folder, repo, **kw: sent.append((repo, sorted(p.name for p in Path(folder).iterdir())))
    monkeypatch.setattr('nbformers.config.hub.upload', fake); monkeypatch.setattr('nbformers.trainer.bare.upload', fake)
    hub = ['--push_to_hub', '--hub_model_id', 'me/mine', '--hub_token', 'hf_x']
    run('run_clm', '--model_name_or_path', tiny/'gpt2', *files(tiny, 'text.csv'), '--block_size', 16, '--do_train', '--output_dir', tmp_path/'a', *QUICK, *hub)
    run('run_clm_no_trainer', '--model_name_or_path', tiny/'gpt2', *files(tiny, 'text.csv'), '--block_size', 16, '--output_dir', tmp_path/'b', *BARE, *hub)
    assert {r for r, _ in sent} == {'me/mine'} and all({'model.safetensors', 'config.json', 'tokenizer.json'} <= set(f) for _, f in sent)
    assert 'README.md' in sent[-2][1]

def test_flags_of_a_file_and_of_documents(tiny, tmp_path):
    "A JSON file in place of flags; `--help` explains; `--dataset_config` may stand for its longer name."
    from nbformers import Seq2SeqTrainingArguments
    from nbformers.trainer import scripts
    (tmp_path/'run.json').write_text(json.dumps(dict(model_name_or_path=str(tiny/'gpt2'), train_file=str(tiny/'text.csv'), block_size=16, do_train=True, max_steps=1, output_dir=str(tmp_path/'out'), save_strategy='no', disable_tqdm=True, use_cpu=True)))
    assert run('run_clm', tmp_path/'run.json')['train_samples'] > 0
    Data = importlib.import_module('run_summarization').Data
    line = '--model_name_or_path t5-small --do_train --do_eval --dataset_name cnn_dailymail --dataset_config 3.0.0 --output_dir /tmp/x --per_device_train_batch_size=4 --overwrite_output_dir --predict_with_generate --use_cpu --push_to_hub_model_id x'
    m, d, a = scripts.parse_script((scripts.ModelArguments, Data, Seq2SeqTrainingArguments), [*line.split(), '--source_prefix', 'summarize: '])
    assert (d.dataset_config_name, d.source_prefix, a.predict_with_generate, a.per_device_train_batch_size, a.hub_model_id) == ('3.0.0', 'summarize: ', True, 4, 'x')

@pytest.mark.parametrize('script,words,said', [
    ('run_clm', '--do_train', 'tokenizer'), ('run_translation', '--do_train', '--source_lang'), ('run_glue', '--task_name mrcp', "GLUE's tasks"),
    ('run_clm', '--model_name_or_path {gpt2} --do_train', 'There is no data'), ('run_clm', '--model_name_or_path {gpt2} --train_file {gpt2}/../text.csv', 'nothing to do'),
    ('run_summarization', '--model_name_or_path {t5} --train_file {t5}/../sums.csv --summary_column sumary --do_train', 'the data has the columns'),
    ('run_clm', '--model_name_or_path {gpt2} --trust_remote_code', 'never runs code')])
def test_what_is_wrong_is_said(tiny, tmp_path, script, words, said):
    words = words.format(gpt2=tiny/'gpt2', t5=tiny/'t5').split()
    with pytest.raises((ValueError, FileNotFoundError), match=said): run(script, *words, '--output_dir', tmp_path, '--use_cpu')

SHARED = ['run_glue', 'run_glue_no_trainer'] if os.environ.get('NBFORMERS_ALL') else ['run_glue_no_trainer']   # test_trainer.py has the Trainer's two processes

@pytest.mark.parametrize('script', SHARED)
def test_two_processes(tiny, tmp_path, offline_env, torchrun, script):
    "torchrun with two processes learns what one learns that accumulates two batches. NBFORMERS_ALL=1 takes the Trainer's script too."
    from safetensors.torch import load_file
    trainer = script == 'run_glue'
    words = ['--model_name_or_path', tiny/'classes', *files(tiny, 'films.csv'), '--max_seq_length', 16, '--use_cpu', '--per_device_train_batch_size', 2, '--max_steps' if trainer else '--max_train_steps', 2,
             *(['--do_train', '--disable_tqdm', '--save_strategy', 'no'] if trainer else [])]
    run(script, *words, '--gradient_accumulation_steps', 2, '--output_dir', tmp_path/'one')
    launch = [*torchrun, ROOT/f'text-classification/{script}.py']
    p = subprocess.run([sys.executable, *map(str, [*launch, *words, '--output_dir', tmp_path/'two'])], env=offline_env(OMP_NUM_THREADS='1'), capture_output=True, text=True, timeout=900)
    assert p.returncode == 0, p.stderr[-3000:]
    a, b = (load_file(tmp_path/k/'model.safetensors') for k in ('one', 'two'))
    assert max((a[k]-b[k]).abs().max() for k in a) < 1e-6
    if not trainer: assert json.loads((tmp_path/'two/all_results.json').read_text())['eval_accuracy'] >= 0 and p.stdout.count('epoch 0') == 1

def test_each_script_is_listed(root):
    "The page and the folder name the same scripts, and each fits on a page."
    scripts = sorted(ROOT.rglob('run_*.py'))
    page = (ROOT.parent/'README.md').read_text()
    for s in scripts:
        assert s.name in page, s.name
        assert len(s.read_text().splitlines()) <= 60, s.name
