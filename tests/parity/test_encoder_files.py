"""Files of encoders that do not look like what their class writes: old names, buffers of old versions, a name with a star."""
import warnings
import pytest
transformers = pytest.importorskip('transformers')
import torch
from safetensors.torch import load_file, save_file
import nbformers

ESM = dict(vocab_size=33, mask_token_id=32, pad_token_id=1, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=37, max_position_embeddings=40)
IDS = torch.randint(4, 30, (2, 9), generator=torch.Generator().manual_seed(0))

def same(folder, ours, theirs):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        mine = ours.from_pretrained(folder)
    with torch.no_grad(): a, b = mine(IDS), theirs.eval()(IDS)
    torch.testing.assert_close(a[0], b[0], atol=1e-5, rtol=1e-4)
    return mine

@pytest.mark.parametrize('kind', ['rotary', 'absolute'])
def test_esm_as_the_reference_saves_it(tmp_path, kind):
    "Norms as `gamma` and `beta`, and `encoder.layer.*.attention.self.rotary_embeddings.inv_freq`."
    theirs = transformers.EsmForMaskedLM(transformers.EsmConfig(**ESM, position_embedding_type=kind))
    theirs.save_pretrained(tmp_path)
    mine = same(tmp_path, nbformers.EsmForMaskedLM, theirs)
    mine.save_pretrained(tmp_path/'ours')
    assert not any('*' in k or 'gamma' in k for k in load_file(tmp_path/'ours'/'model.safetensors'))
    back, info = transformers.EsmForMaskedLM.from_pretrained(tmp_path/'ours', output_loading_info=True)
    assert not info['missing_keys'] and not info['unexpected_keys']

def test_esm_as_the_hub_has_it(tmp_path):
    "Angles in every layer, a row of position numbers, no contact head."
    theirs = transformers.EsmForMaskedLM(transformers.EsmConfig(**ESM, position_embedding_type='rotary', emb_layer_norm_before=False))
    theirs.save_pretrained(tmp_path, save_original_format=False)
    f = tmp_path/'model.safetensors'
    d = {k: v.clone() for k, v in load_file(f).items()}
    angles = d.pop('esm.rotary_embeddings.inv_freq')
    for i in range(2): d[f'esm.encoder.layer.{i}.attention.self.rotary_embeddings.inv_freq'] = angles.clone()
    d['esm.embeddings.position_ids'] = torch.arange(40)[None]
    save_file(d, f, metadata={'format': 'pt'})
    same(tmp_path, nbformers.EsmForMaskedLM, theirs)

@pytest.mark.parametrize('name', ['Electra', 'Albert', 'MobileBert', 'SqueezeBert', 'DistilBert'])
def test_buffers_of_old_files(tmp_path, name):
    c = dict(vocab_size=40, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40, max_position_embeddings=40, embedding_size=32, intra_bottleneck_size=16)
    if name == 'DistilBert': c = dict(vocab_size=40, dim=32, n_layers=2, n_heads=4, hidden_dim=40, max_position_embeddings=40)
    theirs = getattr(transformers, f'{name}Model')(getattr(transformers, f'{name}Config')(**c))
    theirs.save_pretrained(tmp_path)
    f = tmp_path/'model.safetensors'
    d = {k.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'): v.clone() for k, v in load_file(f).items()}
    d['embeddings.position_ids'] = torch.arange(40)[None]
    save_file(d, f, metadata={'format': 'pt'})
    same(tmp_path, getattr(nbformers, f'{name}Model'), theirs)
