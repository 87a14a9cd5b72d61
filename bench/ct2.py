"GPT-2 in CTranslate2, an inference engine in C++, beside ours. It is handed our weights directly, so nothing is converted from a file."
import statistics, time
import numpy as np

def build(model, folder):
    "CTranslate2's model, from the weights of ours."
    from ctranslate2.specs import common_spec, transformer_spec
    cfg, w = model.config, {k: v.detach().numpy().copy() for k, v in model.state_dict().items()}
    spec = transformer_spec.TransformerDecoderModelSpec.from_config(cfg.n_layer, cfg.n_head, pre_norm=True, activation=common_spec.Activation.GELUTanh)
    def norm(s, name): s.gamma, s.beta = w[f'{name}.weight'], w[f'{name}.bias']
    def linear(s, name): s.weight, s.bias = np.ascontiguousarray(w[f'{name}.weight'].T), w[f'{name}.bias']
    d = spec.decoder
    d.scale_embeddings = False
    d.embeddings.weight = d.projection.weight = w['transformer.wte.weight']
    d.position_encodings.encodings = w['transformer.wpe.weight']
    norm(d.layer_norm, 'transformer.ln_f')
    for i, layer in enumerate(d.layer):
        h = f'transformer.h.{i}'
        norm(layer.self_attention.layer_norm, f'{h}.ln_1')
        norm(layer.ffn.layer_norm, f'{h}.ln_2')
        for s, name in ((layer.self_attention.linear[0], 'attn.c_attn'), (layer.self_attention.linear[1], 'attn.c_proj'), (layer.ffn.linear_0, 'mlp.c_fc'), (layer.ffn.linear_1, 'mlp.c_proj')): linear(s, f'{h}.{name}')
    spec.register_vocabulary([f't{i}' for i in range(cfg.vocab_size)])
    spec.config.bos_token, spec.config.eos_token, spec.config.unk_token = 't0', f't{cfg.vocab_size-1}', f't{cfg.vocab_size-1}'
    spec.validate()
    spec.optimize(quantization='float32')
    folder.mkdir()
    spec.save(str(folder))

def ct2_decode(n, folder):
    from pathlib import Path
    import torch
    from bench import alternate, both, report
    try: import ctranslate2
    except ImportError: return print('LEFT OUT: CTranslate2 (pip install ctranslate2)')
    model, to, tokens = both('gpt2-124M', folder)[0], Path(folder)/'ct2', 32
    build(model, to)
    engine = ctranslate2.Generator(str(to), device='cpu', compute_type='float32', intra_threads=torch.get_num_threads(), inter_threads=1)
    for batch in (1, 8):
        ids = torch.stack([torch.arange(1+i, 17+i) for i in range(batch)])
        prompts = [[f't{i}' for i in row] for row in ids.tolist()]
        def theirs():
            out = engine.generate_batch(prompts, max_length=tokens, min_length=tokens, beam_size=1, sampling_topk=1, include_prompt_in_result=False, end_token=[])
            return [[int(t[1:]) for t in r.sequences[0]] for r in out]
        def ours():
            with torch.inference_mode(): return model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False, pad_token_id=0)[:, 16:].tolist()
        assert ours() == theirs(), 'CTranslate2 writes something else'
        a, b = alternate(ours, theirs, n)
        report(f'decode gpt2-124M, batch {batch}', batch*tokens/a, batch*tokens/b, 'tokens/s', more_is_better=True, note='beside CTranslate2, not transformers')
