"Two gloo processes that write texts of different lengths with one rhythm: as many passes each, the same texts as alone, errors instead of hanging."
import json, subprocess, sys

WRITE = '''
import json, os, torch, torch.distributed as dist
import nbformers as nb
torch.set_num_threads(1)
dist.init_process_group('gloo'); rank = dist.get_rank()
ends = dict(bos_token_id=1, eos_token_id=2, pad_token_id=0)
def made(cls, cfg):
    torch.manual_seed(3); m = cls(cfg).eval()
    with torch.no_grad():
        for p in m.parameters(): p.add_(torch.randn_like(p)*.2)
    return m
decoder = made(nb.LlamaForCausalLM, nb.LlamaConfig(vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=64, **ends))
pair = made(nb.BartForConditionalGeneration, nb.BartConfig(vocab_size=40, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
    max_position_embeddings=64, decoder_start_token_id=2, forced_eos_token_id=None, **ends))
out = []
for name, m, kw in [('greedy', decoder, {}), ('beams', decoder, dict(num_beams=3)), ('lookup', decoder, dict(prompt_lookup_num_tokens=3)), ('chunks', decoder, dict(prefill_chunk_size=2)), ('pair', pair, {}), ('failing', decoder, {})]:
    ids = torch.tensor([[5, 6, 7, 5, 6]] if rank else [[9, 4, 9]])
    call = dict(max_new_tokens=12 if rank else 4, eos_token_id=None, do_sample=False, **kw)
    alone = m.generate(ids, **call)
    passes = [0]
    hook = m.base_model.register_forward_hook(lambda *a: passes.__setitem__(0, passes[0]+1))
    try:
        def break_off(i, s):
            if rank == 0: raise KeyError('broken')
            return torch.zeros(len(i), dtype=torch.bool)
        together = m.generate(ids, synced_gpus=True, stopping_criteria=[break_off] if name == 'failing' else None, **call)
        same = torch.equal(together, alone)
    except KeyError: same = 'failed'
    hook.remove()
    out.append([name, same, passes[0]])
os.write(1, f'SAID {json.dumps([rank, out])}\\n'.encode())    # in one piece: two processes share the pipe
dist.destroy_process_group()
'''

def test_two_processes_keep_step(tmp_path, offline_env, torchrun):
    (tmp_path/'write.py').write_text(WRITE)
    p = subprocess.run([sys.executable, *torchrun, 'write.py'], env=offline_env(OMP_NUM_THREADS='1'), text=True, capture_output=True, cwd=tmp_path, timeout=900)
    assert p.returncode == 0, p.stderr[-4000:]
    said = dict(json.loads(l.split('SAID', 1)[1]) for l in p.stdout.splitlines() if 'SAID' in l)
    for (name, same, n), (_, same1, n1) in zip(said[0], said[1]):
        assert same1 is True and same == ('failed' if name == 'failing' else True) and n == n1 > 4, (name, said)
