"What all models share, against the reference."
import pytest, torch
from nbformers.models import heads
from nbformers.models.bert import BertConfig, BertForMaskedLM
from nbformers.models.llama import LlamaConfig, LlamaForCausalLM

tiny = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, vocab_size=64, max_position_embeddings=40)

# --- losses

def reference_losses():
    from transformers.loss import loss_utils
    return loss_utils

@pytest.mark.parametrize('n', [None, 11, torch.tensor(7)])
def test_language_losses(n):
    ref = reference_losses()
    z,y = torch.randn(3, 8, 50),torch.randint(50, (3, 8))
    y[0,:4] = -100
    for ours,theirs in ((heads.causal_lm_loss, ref.ForCausalLMLoss), (heads.masked_lm_loss, ref.ForMaskedLMLoss)):
        torch.testing.assert_close(ours(z, y, num_items_in_batch=n), theirs(z, y, vocab_size=50, num_items_in_batch=n))
        torch.testing.assert_close(ours(z.bfloat16(), y), theirs(z.bfloat16(), y, vocab_size=50))

@pytest.mark.parametrize('labels,c', [(torch.tensor([0, 2, 1]), 3), (torch.rand(3, 3).round(), 3), (torch.randn(3), 1), (torch.randn(3, 1), 1)])
def test_classification_losses(labels, c):
    ref,z = reference_losses(),torch.randn(3, c)
    a,b = BertConfig(num_labels=c),BertConfig(num_labels=c)
    torch.testing.assert_close(heads.classification_loss(z, labels, a), ref.ForSequenceClassificationLoss(labels, z, b))
    assert a.problem_type == b.problem_type

def test_span_loss():
    ref,s,e = reference_losses(),torch.randn(4, 9),torch.randn(4, 9)
    a,b = torch.tensor([0, 3, 8, 12]),torch.tensor([2, 3, 9, 20])
    torch.testing.assert_close(heads.span_loss(s, e, a, b), ref.ForQuestionAnsweringLoss(s, e, a, b))
    torch.testing.assert_close(heads.span_loss(s, e, a[:,None], b[:,None]), heads.span_loss(s, e, a, b))

# --- vocabulary, counts, attributes

@pytest.mark.parametrize('n,multiple', [(70, None), (50, None), (65, 16), (None, 64)])
def test_resize_like_reference(n, multiple):
    import transformers
    for tie in (True, False):
        ours = LlamaForCausalLM(LlamaConfig(**tiny, tie_word_embeddings=tie))
        ref = transformers.LlamaForCausalLM(transformers.LlamaConfig(**tiny, tie_word_embeddings=tie))
        ref.load_state_dict(ours.state_dict())
        ours.resize_token_embeddings(n, pad_to_multiple_of=multiple); ref.resize_token_embeddings(n, pad_to_multiple_of=multiple)
        a,b = ours.state_dict(),ref.state_dict()
        for k in b: torch.testing.assert_close(a[k], b[k], atol=2e-4, rtol=0)   # the reference adds noise of 3e-5 of the rows' spread
        assert ours.config.vocab_size == ref.config.vocab_size and ours.num_parameters() == ref.num_parameters()

def test_resize_moves_a_tied_bias():
    m = BertForMaskedLM(BertConfig(**tiny))
    m.cls.predictions.bias.data.uniform_()
    old = m.cls.predictions.bias.detach().clone()
    m.resize_token_embeddings(70)
    assert m.cls.predictions.bias is m.cls.predictions.decoder.bias and len(m.cls.predictions.bias) == 70
    assert torch.equal(m.cls.predictions.bias[:64], old)
    assert m(torch.tensor([[69, 3]])).logits.shape[-1] == 70

def test_counts_like_reference():
    import transformers
    ours,ref = BertForMaskedLM(BertConfig(**tiny)),transformers.BertForMaskedLM(transformers.BertConfig(**tiny))
    for kw in ({}, dict(exclude_embeddings=True), dict(only_trainable=True)): assert ours.num_parameters(**kw) == ref.num_parameters(**kw)
    assert ours.get_memory_footprint(return_buffers=False) == ref.get_memory_footprint(return_buffers=False)
    assert dict(ours.named_modules()).keys() <= dict(ref.named_modules()).keys() | {''}

def test_reproducible_and_separate_configs():
    cfg = LlamaConfig(**tiny)
    def make(): torch.manual_seed(5); return LlamaForCausalLM.from_config(cfg)
    a,b = make(),make()
    assert all(torch.equal(x, y) for x,y in zip(a.parameters(), b.parameters()))
    a.resize_token_embeddings(80)
    assert (cfg.vocab_size, b.config.vocab_size) == (64, 64)

def test_switches_are_settled_once(monkeypatch):
    "A forward call looks its switches up once, and inspects no signature."
    import inspect
    m,n = LlamaForCausalLM(LlamaConfig(**tiny)).eval(),[]
    monkeypatch.setattr(inspect, 'signature', lambda *a: n.append('signature'))
    was = type(m.model).flags
    monkeypatch.setattr(type(m.model), 'flags', lambda *a, **k: (n.append('flags'), was(*a, **k))[1])
    m(torch.tensor([[1, 2, 3]]))
    assert n == ['flags']

def test_heads_compile():
    "The signature that a head shows does not stand in the compiler's way."
    m = LlamaForCausalLM(LlamaConfig(**tiny)).eval()
    x = torch.tensor([[1, 2, 3]])
    assert torch._dynamo.explain(m)(input_ids=x, use_cache=False).graph_break_count == 0
    with torch.no_grad(): torch.testing.assert_close(torch.compile(m, backend='eager')(input_ids=x, use_cache=False).logits, m(x).logits)
