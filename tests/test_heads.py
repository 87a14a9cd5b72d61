"""Arguments by position, parts of a model by what they do, and what heads can do besides, beside the reference."""
import pytest, torch
import nbformers
from nbformers import (
    BertConfig, BertForSequenceClassification, GPT2Config, GPT2DoubleHeadsModel, GPTNeoXConfig, GPTNeoXForTokenClassification, LlamaConfig, LlamaForCausalLM,
    MvpConfig, MvpForConditionalGeneration, MvpModel, PhimoeConfig, PhimoeModel, ResNetConfig, ResNetForImageClassification, RobertaConfig,
    RobertaForMultipleChoice, Wav2Vec2ForPreTraining, WavLMConfig, WavLMModel)

TINY = dict(vocab_size=60, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24)
IDS = torch.randint(3, 60, (2, 5), generator=torch.Generator().manual_seed(0))
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
def of(cls, cfg): torch.manual_seed(0); return cls(cfg).eval()

def test_labels_by_position():
    m, y = of(BertForSequenceClassification, BertConfig(**TINY)), torch.tensor([0, 1])
    torch.testing.assert_close(m(IDS, MASK, None, None, None, y).loss, m(input_ids=IDS, attention_mask=MASK, labels=y).loss)
    m = of(LlamaForCausalLM, LlamaConfig(**TINY))
    torch.testing.assert_close(m(IDS, MASK, None, None, None, IDS).loss, m(IDS, attention_mask=MASK, labels=IDS).loss)
    m, x = of(ResNetForImageClassification, ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1])), torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(m(x, y).loss, m(pixel_values=x, labels=y).loss)

def test_a_mask_is_not_a_segment():
    m, y, kinds = of(RobertaForMultipleChoice, RobertaConfig(**TINY, type_vocab_size=2, pad_token_id=1)), torch.tensor([0]), torch.zeros(1, 2, 5, dtype=torch.long)
    named = m(input_ids=IDS[None], attention_mask=MASK[None], token_type_ids=kinds, labels=y)
    torch.testing.assert_close(m(IDS[None], kinds, MASK[None], y).logits, named.logits)

class Listed(BertForSequenceClassification):
    def forward(self, input_ids, attention_mask=None, labels=None, weight=1.): return weight*super().forward(input_ids, attention_mask, labels=labels).loss
class Added(BertForSequenceClassification):
    def forward(self, *args, weight=1., **kw): return weight*super().forward(*args, **kw).loss

def test_a_forward_of_ones_own():
    y, cfg = torch.tensor([0, 1]), BertConfig(**TINY)
    loss = of(BertForSequenceClassification, cfg)(IDS, MASK, labels=y).loss
    torch.testing.assert_close(of(Listed, cfg)(IDS, MASK, y, 2.), 2*loss)
    torch.testing.assert_close(of(Added, cfg)(IDS, MASK, None, None, None, y, weight=2.), 2*loss)

def test_what_has_no_place_is_refused():
    m = of(BertForSequenceClassification, BertConfig(**TINY))
    with pytest.raises(TypeError, match='6 arguments by position .*labels.*not 7: name the others'): m(IDS, None, None, None, None, None, True)
    with pytest.raises(TypeError, match='attention_mask twice'): m(IDS, MASK, attention_mask=MASK)

def test_compiled_in_one_piece():
    m, x, y = of(ResNetForImageClassification, ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1])), torch.rand(2, 3, 32, 32), torch.tensor([0, 1])
    torch.testing.assert_close(torch.compile(m, backend='eager', fullgraph=True)(x, y).loss, m(x, labels=y).loss)

def test_segments_that_nobody_reads():
    m = of(GPTNeoXForTokenClassification, GPTNeoXConfig(**TINY))
    torch.testing.assert_close(m(IDS, attention_mask=MASK, token_type_ids=torch.zeros_like(IDS)).logits, m(IDS, attention_mask=MASK).logits)
    for value in (MASK, None):
        with pytest.raises(TypeError, match='does not take atention_mask; did you mean attention_mask'): m(IDS, atention_mask=value)
    torch.testing.assert_close(m(IDS, head_mask=None).logits, m(IDS).logits)                    # asks for nothing, and resembles nothing
    with pytest.raises(TypeError, match='does not take head_mask'): m(IDS, head_mask=MASK)

PARTS = ['BertForSequenceClassification', 'OPTForCausalLM', 'CLIPModel', 'BartForConditionalGeneration', 'T5ForConditionalGeneration', 'LlamaForCausalLM',
         'ViTForImageClassification', 'WhisperForConditionalGeneration', 'GPT2LMHeadModel', 'BartForCausalLM', 'T5EncoderModel']
@pytest.mark.parametrize('name', PARTS)
def test_parts(name):
    transformers = pytest.importorskip('transformers')
    def paths(library):
        cls = getattr(library, name)
        with torch.device('meta'): m = cls((cls.config_class)())
        called = {id(x): n for n, x in m.named_modules()}
        return {k: called[id(f())] for k, f in dict(encoder=m.get_encoder, sight=lambda: m.get_encoder(modality='image'), decoder=m.get_decoder).items()}
    assert paths(nbformers) == paths(transformers)

def test_another_part():
    m = of(LlamaForCausalLM, LlamaConfig(**TINY))
    with pytest.raises(AttributeError, match='no part by one of the names text_encoder, encoder'): m.set_encoder(torch.nn.Identity())
    with pytest.raises(ValueError, match="modality='smell'"): m.get_encoder('smell')
    m = of(BertForSequenceClassification, BertConfig(**TINY))
    m.set_encoder(new := torch.nn.Identity())
    assert m.bert.encoder is new

def test_experts_see_what_the_router_saw():
    m = of(PhimoeModel, PhimoeConfig(**TINY, num_key_value_heads=2, num_local_experts=2, input_jitter_noise=.5)).train()
    block, seen = m.layers[0].mlp, {}
    block.router.register_forward_pre_hook(lambda _, a: seen.update(router=a[0]))
    block.experts.register_forward_pre_hook(lambda _, a: seen.update(experts=a[0]))
    x = torch.ones(1, 4, 16)
    block(x)
    assert (seen['router'] == seen['experts']).all() and seen['experts'].max() > 1.5                # shaken twice

def test_choices_keep_their_shape():
    m = of(GPT2DoubleHeadsModel, GPT2Config(n_embd=16, n_layer=2, n_head=2, vocab_size=60, n_positions=16))
    out = m(IDS[None].expand(3, 2, 5), mc_token_ids=torch.full((3, 2), 4), output_hidden_states=True)
    assert [x.shape for x in out.hidden_states] == [(6, 5, 16), (6, 5, 16), (3, 2, 5, 16)]

MVP = dict(vocab_size=60, d_model=16, encoder_layers=3, decoder_layers=3, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=24,
           max_position_embeddings=20, prompt_length=4, prompt_mid_dim=8)
def test_layers_left_out_are_counted():
    m = of(MvpModel, MvpConfig(**MVP, encoder_layerdrop=.99, decoder_layerdrop=.99)).train()
    out = m(IDS, output_hidden_states=True)
    assert len(out.encoder_hidden_states) == len(out.decoder_hidden_states) == 4
    assert (out.encoder_hidden_states[0] == out.encoder_hidden_states[1]).all()

def test_prompts_alone_learn():
    for cls in (MvpModel, MvpForConditionalGeneration):
        m = of(cls, MvpConfig(**MVP, use_prompt=True))
        m.set_lightweight_tuning()
        assert {n for n, p in m.named_parameters() if p.requires_grad} == {n for n, _ in m.named_parameters() if '_prompt.' in n} != set()

def test_an_adapter_key_in_a_file_of_wavlm():
    m = of(WavLMModel, WavLMConfig(**{k: v for k, v in TINY.items() if k != 'vocab_size'}, conv_dim=[8, 8], conv_kernel=[3, 3], conv_stride=[2, 2], num_conv_pos_embeddings=4, do_stable_layer_norm=True, adapter_attn_dim=4))
    assert not [n for n, _ in m.named_parameters() if 'adapter_layer' in n]

def test_contrastive_logits():
    right, wrong, said = torch.randn(1, 2, 3, 4), torch.randn(5, 2, 3, 4), torch.randn(2, 3, 4)
    got = Wav2Vec2ForPreTraining.compute_contrastive_logits(right, wrong, said, .5)
    torch.testing.assert_close(got, torch.stack([torch.cosine_similarity(said, x, dim=-1)/.5 for x in (right[0], *wrong)]))
