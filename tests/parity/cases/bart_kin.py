import types
import torch
from . import *

BART = dict(vocab_size=99, d_model=32, encoder_layers=[2, 3], decoder_layers=[3, 2, 1], encoder_attention_heads=[4, 2], decoder_attention_heads=[2, 4, 8],
    encoder_ffn_dim=[37, 48], decoder_ffn_dim=[48, 37, 40], max_position_embeddings=40, activation_function=['gelu', 'relu', 'gelu_new', 'silu'],
    scale_embedding=[False, True], tie_word_embeddings=[True, True, False], pad_token_id=[1, 0], bos_token_id=0, eos_token_id=2, decoder_start_token_id=2,
    forced_eos_token_id=None, num_labels=[3, 5, 1], problem_type=[None, None, 'multi_label_classification'])
# alone, the reference's decoders make a cache of `encoder_layers` layers and fail where the decoder has more
ALONE = {'.*ForCausalLM': dict(encoder_layers=3, add_cross_attention=[False, True, False])}

case('bart', BART, classifier_dropout=[0., .2], heads=ALONE, skip='BartPretrainedModel|PretrainedBartModel')   # old names of a base class
case('mbart', BART, classifier_dropout=[0., .2], decoder_start_token_id=[2, 5], heads=ALONE)
case('plbart', BART, classifier_dropout=[0., .2], decoder_start_token_id=[2, 5], heads=ALONE)
case('pegasus', BART, pad_token_id=[0, 1], eos_token_id=[1, 2], decoder_start_token_id=0, heads=ALONE)
case('blenderbot', BART, pad_token_id=[0, 1], decoder_start_token_id=1, heads=ALONE)
case('blenderbot-small', BART, pad_token_id=[0, 1], decoder_start_token_id=1, heads=ALONE)
case('mvp', BART, _prompt=[dict(use_prompt=False), dict(use_prompt=True, prompt_length=5, prompt_mid_dim=20), dict(use_prompt=True, prompt_length=3, prompt_mid_dim=11)], heads=ALONE)
case('m2m_100', BART, max_position_embeddings=[40, 8])

# alone, the reference's MarianForCausalLM has a table of `decoder_vocab_size` rows and a head of `vocab_size`
case('marian', BART, pad_token_id=[98, 1], eos_token_id=0, decoder_start_token_id=98, bos_token_id=None,
    _share=[dict(share_encoder_decoder_embeddings=True), dict(share_encoder_decoder_embeddings=False, decoder_vocab_size=120), dict(share_encoder_decoder_embeddings=True)],
    heads={'.*ForCausalLM': dict(ALONE['.*ForCausalLM'], _share=[{}])})

def wary(ref):
    """The reference's FSMT drops the causal mask and the decoder's padding mask whenever it keeps a cache, so a text read at once sees
    its own future; and given labels alone it shows the decoder the source. Here it sees no future, and is shown the labels."""
    model = getattr(ref, 'model', ref)
    read, write, whole = model.forward, model.decoder.forward, ref.forward
    def forward(input_ids=None, *args, decoder_input_ids=None, decoder_attention_mask=None, past_key_values=None, **kw):
        model.pads = None if decoder_attention_mask is None else decoder_attention_mask == 0
        return read(input_ids, *args, decoder_input_ids=decoder_input_ids, decoder_attention_mask=decoder_attention_mask, past_key_values=past_key_values, **kw)
    def decoder(ids, states, mask, pads, decoder_causal_mask=None, past_key_values=None, inputs_embeds=None, **kw):
        t, past = (ids if inputs_embeds is None else inputs_embeds).shape[1], 0 if past_key_values is None else past_key_values.get_seq_length()
        future = torch.full((t, past+t), torch.finfo(torch.float32).min).triu(1+past)
        return write(ids, states, mask, model.pads if pads is None else pads, decoder_causal_mask=future, past_key_values=past_key_values, inputs_embeds=inputs_embeds, **kw)
    def head(*args, labels=None, **kw):
        if labels is not None and kw.get('decoder_input_ids') is None and kw.get('decoder_inputs_embeds') is None:
            kw['decoder_input_ids'] = ref.prepare_decoder_input_ids_from_labels(labels.clone())
        return whole(*args, labels=labels, **kw)
    model.forward, model.decoder.forward = forward, decoder
    model.decoder.get_input_embeddings = lambda: model.decoder.embed_tokens
    if ref is not model: ref.forward = head

def whole_labels(cls_name, config, inputs, seed):
    "Labels that are ignored at the end only: elsewhere the target would be shown to itself as padding."
    from ..harness import own_mask, usual_labels
    return {k: v.masked_fill(v == -100, 5).masked_fill(own_mask(inputs) == 0, -100) for k, v in usual_labels(cls_name, config, inputs, seed).items()}

case('fsmt', BART, src_vocab_size=[99, 110], num_beams=1, mend=wary, labels=whole_labels, skip='PretrainedFSMTModel')   # the old name of a base class

def both(ref):
    """5.23 hands the experts a mask where they expect indices: every token goes to the first two experts. Here it goes to its own, as in 4.57.
    And what an expert takes in training is forgotten as soon as the model was evaluated once."""
    def mixed(self, x, chosen, weights):
        out = torch.zeros_like(x)
        for e in range(self.num_experts):
            rows = weights[:, e].nonzero()[:, 0]
            if len(rows): out[rows] += self[f'expert_{e}'](x[rows])*weights[rows, e, None]*(1 - self.moe_token_dropout)
        return out
    for m in ref.modules():
        if type(m).__name__ == 'NllbMoeExperts': m.forward = types.MethodType(mixed, m)

case('nllb-moe', BART, mend=both, num_experts=[4, 5], decoder_layers=[3, 2], encoder_sparse_step=[2, 1], decoder_sparse_step=[1, 2], router_bias=[False, True],
    router_ignore_padding_tokens=[False, True], normalize_router_prob_before_dropping=[False, True], batch_prioritized_routing=[False, True],
    moe_eval_capacity_token_fraction=[1., .3, .2], moe_token_dropout=[.2, 0.], output_router_logits=[True, False], router_aux_loss_coef=.1, max_position_embeddings=[40, 8])
