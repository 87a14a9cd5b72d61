"""Hub faults, with the real huggingface_hub client against a server on 127.0.0.1 (its endpoint is read at import, so each
case runs in a process of its own)."""
import json, os, subprocess, sys, textwrap
from pathlib import Path
import pytest
sys.path.insert(0, str(Path(__file__).parent))
from hub_server import FakeHub

@pytest.fixture
def hub():
    h = FakeHub()
    h.add('me/demo', {'config.json': '{"model_type": "bert", "v": 1}', 'sub/config.json': '{"v": 9}'}, ref='v1')
    h.add('me/demo', {'config.json': '{"model_type": "bert", "v": 2}', 'sub/config.json': '{"v": 8}', 'model.safetensors': b'x'*10})
    yield h
    h.close()

def run(hub, home, code, token=None, **env):
    "What `code` prints as JSON in a fresh process that believes `hub` is the Hub; the last line counts."
    clean = {k: v for k, v in os.environ.items() if not k.lower().endswith('_proxy') and not k.startswith(('HF_', 'TRANSFORMERS_', 'HUGGINGFACE', 'XDG'))}
    clean.update(HF_ENDPOINT=hub.url, HF_HOME=str(home), HF_HUB_DISABLE_PROGRESS_BARS='1', HF_HUB_DISABLE_TELEMETRY='1', HF_HUB_DISABLE_XET='1', **env)
    if token: clean['HF_TOKEN'] = token
    head = 'import json\nfrom nbformers.config.hub import *\nfrom nbformers.config.configuration import *\n' \
           'def v(*a, **k): return json.loads(find_file(*a, **k).read_text())["v"]\n' \
           'def err(f, *a, **k):\n    try: return f(*a, **k) and "no error"\n    except Exception as e: return f"{type(e).__mro__[1].__name__}/{type(e).__name__}: {e}"\n'
    p = subprocess.run([sys.executable, '-c', head + textwrap.dedent(code)], env=clean, capture_output=True, text=True, timeout=900)
    assert p.returncode == 0, p.stderr[-3000:]
    return json.loads(p.stdout.strip().splitlines()[-1])

def test_download_revisions_subfolder(hub, tmp_path):
    got = run(hub, tmp_path, '''
        cfg = PreTrainedConfig.from_pretrained('me/demo')
        print(json.dumps([cfg.v, v('me/demo', 'config.json', revision='v1'), v('me/demo', 'config.json', subfolder='sub'),
                          list_files('me/demo'), str(find_file('me/demo', 'config.json'))]))''')
    assert got[:4] == [2, 1, 8, ['config.json', 'model.safetensors', 'sub/config.json']]
    assert Path(got[4]).is_relative_to(tmp_path/'hub'/'models--me--demo'/'snapshots')

def test_cache_dir_and_environment(hub, tmp_path):
    code = "print(json.dumps(str(find_file('me/demo', 'config.json'))))"
    for env, where in ((dict(HF_HUB_CACHE=str(tmp_path/'a')), 'a'), (dict(TRANSFORMERS_CACHE=str(tmp_path/'b')), 'b')):
        assert Path(run(hub, tmp_path/'h', code, **env)).is_relative_to(tmp_path/where)
    got = run(hub, tmp_path/'h', f"print(json.dumps(str(find_file('me/demo', 'config.json', cache_dir={str(tmp_path/'c')!r}))))")
    assert Path(got).is_relative_to(tmp_path/'c')

def test_a_branch_moves_and_a_pin_holds(hub, tmp_path):
    first = run(hub, tmp_path, "print(json.dumps([v('me/demo', 'config.json'), pin_revision('me/demo')['revision']]))")
    hub.add('me/demo', {'config.json': '{"v": 3}'})
    again = run(hub, tmp_path, f"print(json.dumps([v('me/demo', 'config.json'), v('me/demo', 'config.json', revision={first[1]!r})]))")
    assert (first[0], again) == (2, [3, 2])

def test_a_pinned_load_asks_once(hub, tmp_path):
    run(hub, tmp_path, "find_files('me/demo', ['config.json', 'sub/config.json', 'model.safetensors']); print(0)")
    n = len(hub.log)
    run(hub, tmp_path, '''
        h = pin_revision('me/demo')
        for n in ('config.json', 'sub/config.json', 'model.safetensors'): find_file('me/demo', n, **h)
        print(0)''')
    assert len(hub.log) == n + 1, hub.log[n:]

def test_missing_file_is_remembered_for_a_pin(hub, tmp_path):
    got = run(hub, tmp_path, '''
        h = pin_revision('me/demo')
        print(json.dumps([find_file('me/demo', 'tokenizer.json', required=False, **h) for _ in range(3)]))''')
    assert got == [None]*3
    assert sum('tokenizer.json' in p for _, p in hub.log) == 1

@pytest.mark.parametrize('args, words', [
    (('me/nothing', 'config.json'), ['me/nothing', 'not a repository', 'token=']),
    (('me/demo', 'tokenizer.json'), ['me/demo', "no file 'tokenizer.json'"]),
    (('me/gated', 'config.json'), ['gated', 'accept its terms', 'hf auth login']),
    (('me/private', 'config.json'), ['private', 'token=']),
])
def test_errors_say_the_way_out(hub, tmp_path, args, words):
    hub.add('me/gated', {'config.json': '{"v": 1}'}, gated=True)
    hub.add('me/private', {'config.json': '{"v": 1}'}, private=True)
    msg = run(hub, tmp_path, f'print(json.dumps(err(find_file, *{args!r})))')
    assert msg.split(':')[0].endswith('/OSError') and all(w in msg for w in words), msg

def test_unknown_revision(hub, tmp_path):
    assert "has no revision 'nope'" in run(hub, tmp_path, "print(json.dumps(err(find_file, 'me/demo', 'config.json', revision='nope')))")

def test_token_opens_gate_and_door(hub, tmp_path):
    hub.add('me/gated', {'config.json': '{"v": 1}'}, gated=True)
    hub.add('me/private', {'config.json': '{"v": 5}'}, private=True)
    assert run(hub, tmp_path, "print(json.dumps([v('me/gated', 'config.json', token='hf_good'), v('me/private', 'config.json', token='hf_good')]))") == [1, 5]
    assert run(hub, tmp_path/'2', "print(json.dumps(v('me/private', 'config.json')))", token='hf_good') == 5

def test_server_errors_fall_back_to_the_cache(hub, tmp_path):
    run(hub, tmp_path, "print(v('me/demo', 'config.json'))")
    hub.fail.update(code=500, count=10**6)
    assert run(hub, tmp_path, "print(json.dumps(v('me/demo', 'config.json')))") == 2

def test_server_errors_are_retried(hub, tmp_path):
    hub.fail.update(code=503, count=2)
    assert run(hub, tmp_path, "print(json.dumps(v('me/demo', 'config.json')))") == 2

def test_offline_from_the_cache(hub, tmp_path):
    run(hub, tmp_path, "print(v('me/demo', 'config.json'))")
    n = len(hub.log)
    code = '''print(json.dumps([v('me/demo', 'config.json', **K), find_file('me/demo', 'tokenizer.json', required=False, **K), err(find_file, 'me/demo', 'tokenizer.json', **K),
                                err(find_file, 'me/other', 'config.json', **K), list_files('me/demo', **K)]))'''
    for env in ('HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'):
        got = run(hub, tmp_path, 'K = {}\n' + code, **{env: '1'})
        assert got[:2] == [2, None] and 'HF_HUB_OFFLINE' in got[2] and 'not in the cache' in got[3] and got[4] == ['config.json']
    got = run(hub, tmp_path, 'K = dict(local_files_only=True)\n' + code)
    assert got[0] == 2 and 'only local files' in got[2]
    assert len(hub.log) == n

def test_unreachable_is_found_out_fast(hub, tmp_path):
    run(hub, tmp_path, "print(v('me/demo', 'config.json'))")
    url, hub.url = hub.url, 'http://127.0.0.1:9'
    got = run(hub, tmp_path, '''
        import time
        slept, time.sleep = [], lambda s: slept.append(s)                # a try that fails is not tried again and again
        r = [v('me/demo', 'config.json'), err(find_file, 'me/other', 'config.json'), find_file('me/demo', 'x.json', required=False)]
        print(json.dumps([*r, sum(slept)]))''')
    hub.url = url
    assert got[0] == 2 and 'cannot be reached' in got[1] and 'starter/minilm' in got[1] and got[2] is None and got[3] < 3

def test_force_download(hub, tmp_path):
    got = run(hub, tmp_path, '''
        p = find_file('me/demo', 'config.json'); p.write_text('{"v": 0}')
        print(json.dumps([v('me/demo', 'config.json'), v('me/demo', 'config.json', force_download=True)]))''')
    assert got == [0, 2]

def test_a_shard_name_never_leaves_the_repository(hub, tmp_path):
    hub.add('me/evil', {'config.json': '{}', 'model.safetensors.index.json': json.dumps(dict(weight_map=dict(w='../../../../etc/passwd')))})
    msg = run(hub, tmp_path, "from nbformers.config.checkpoint import open_checkpoint\nprint(json.dumps(err(open_checkpoint, 'me/evil')))")
    assert 'leads out of its folder' in msg

def test_sharded_checkpoint_from_the_hub(hub, tmp_path):
    import torch
    from nbformers.config.checkpoint import save_checkpoint
    ts = {f'w{i}': torch.full((10,), float(i)) for i in range(5)}
    save_checkpoint(ts, tmp_path/'m', max_shard_size=80)
    hub.add('me/shards', {'config.json': '{}', **{p.name: p.read_bytes() for p in (tmp_path/'m').iterdir()}})
    code = "from nbformers.config.checkpoint import open_checkpoint\nc = open_checkpoint('me/shards'{})\nprint(json.dumps([len(c.files), [c.get(n)[0].item() for n in sorted(c)]]))"
    assert run(hub, tmp_path, code.format('')) == [3, [0., 1., 2., 3., 4.]]
    assert run(hub, tmp_path, code.format(''), HF_HUB_OFFLINE='1') == [3, [0., 1., 2., 3., 4.]]
    msg = run(hub, tmp_path, "from nbformers.config.checkpoint import open_checkpoint\nprint(json.dumps(err(open_checkpoint, 'me/demo', use_safetensors=False)))")
    assert 'no weights under the names pytorch_model.bin' in msg and 'model.safetensors' in msg

def test_push(hub, tmp_path):
    got = run(hub, tmp_path, '''
        class C(PreTrainedConfig):
            model_type = 'tiny'
            width:int = 3
        C(width=5).push_to_hub('me/new', token='hf_good', commit_message='first')
        C(width=6).save_pretrained('''+repr(str(tmp_path/'named'))+''', push_to_hub=True, token='hf_good')
        print(json.dumps([C.from_pretrained('me/new').width, err(C().push_to_hub, 'me/new', token='hf_bad')]))''')
    assert got[0] == 5 and 'no error' not in got[1]
    assert [p['message'] for p in hub.pushed['me/new']] == ['first'] and list(hub.pushed['me/new'][0]['files']) == ['config.json']
    assert json.loads(hub.pushed['me/named'][0]['files']['config.json'])['width'] == 6
