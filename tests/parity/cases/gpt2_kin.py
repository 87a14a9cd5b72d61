import torch
from . import *

def rows(cls_name, config, seed=0, side='right'):
    "The reference's double head wants its mask as rows: it flattens ids, and not the mask. Which tokens are padding cannot be told from that, so they stand where nobody sees them."
    from ..harness import usual_inputs
    inputs = usual_inputs(cls_name, config, seed, 'right' if side == 'left' and 'DoubleHeads' in cls_name else side)
    if 'DoubleHeads' in cls_name: inputs['attention_mask'] = inputs['attention_mask'].flatten(0, 1)
    return inputs

def row_labels(cls_name, config, inputs, seed=0):
    from ..harness import usual_labels
    ids = inputs['input_ids']
    return usual_labels(cls_name, config, inputs | dict(attention_mask=inputs['attention_mask'].view(ids.shape)) if 'attention_mask' in inputs else inputs, seed)

KIN = COMMON | dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=4, max_position_embeddings=40, tie_word_embeddings=[True, False])
case('biogpt', KIN, intermediate_size=[37, 64], hidden_act=['gelu', 'relu', 'silu'], scale_embedding=[True, False], pad_token_id=[1, 0, 5], layerdrop=[0., .3],
    activation_dropout=[0., .1], classifier_dropout=[None, .2], layer_norm_eps=[1e-12, .1])
case('xglm', COMMON, d_model=[32, 36], num_layers=3, attention_heads=4, ffn_dim=[37, 64], max_position_embeddings=[40, 8], activation_function=['gelu', 'relu', 'silu'],
    scale_embedding=[True, False], pad_token_id=[1, 0, 7], tie_word_embeddings=[True, False], layerdrop=[0., .3], add_cross_attention=[False, True])
case('opt', KIN, ffn_dim=[37, 64], activation_function=['relu', 'gelu', 'silu'], pad_token_id=[1, 0, 5], word_embed_proj_dim=[None, 16, 48], enable_bias=[True, False],
    layerdrop=[0., .2], _norm=[{}, dict(do_layer_norm_before=False), dict(_remove_final_layer_norm=True), dict(layer_norm_elementwise_affine=False),
    dict(do_layer_norm_before=False, layer_norm_elementwise_affine=False)])
GPTS = COMMON | dict(n_embd=32, n_layer=3, n_head=4, n_positions=40, tie_word_embeddings=[True, False], layer_norm_epsilon=[1e-5, 1e-2])
case('openai-gpt', GPTS, afn=['gelu', 'relu', 'silu', 'swish'], pad_token_id=[0, 5], heads={'OpenAIGPTDoubleHeadsModel': dict(summary_activation=[None, 'tanh'], num_labels=1, problem_type=None)}, inputs=rows, labels=row_labels)
case('ctrl', GPTS, dff=[37, 64], pad_token_id=[0, 5], _odd=[{}, dict(n_embd=33, n_head=3)])
case('gpt_neo', COMMON, hidden_size=32, max_position_embeddings=40, tie_word_embeddings=[True, False], num_layers=3, num_heads=4, attention_types=[[[['global', 'local'], 1], [['local'], 1]], [[['global'], 3]], [[['local'], 2], [['global'], 1]]], window_size=[4, 1, 100],
    intermediate_size=[None, 37], activation_function=['gelu_new', 'relu', 'gelu'], pad_token_id=[0, 5], classifier_dropout=[.1, .2])
case('gpt_bigcode', GPTS, n_inner=[None, 37], multi_query=[True, False], scale_attn_weights=[True, False], activation_function=['gelu_pytorch_tanh', 'relu', 'gelu'], pad_token_id=[0, 5],
    attention_softmax_in_fp32=[True, False], scale_attention_softmax_in_fp32=[True, False])

def image_labels(cls_name, config, inputs, seed=0):
    "Colours, of which there are one fewer than tokens."
    g = torch.Generator().manual_seed(seed+1)
    if 'Causal' in cls_name:
        mask = inputs.get('attention_mask', torch.ones_like(inputs['input_ids']))
        mask = mask*torch.nn.functional.pad(mask, (1, 0), value=1)[:, :-1]
        return dict(labels=torch.randint(0, config['vocab_size']-1, mask.shape, generator=g).masked_fill(mask == 0, -100))
    if 'Classification' not in cls_name: return {}
    n = config['num_labels']
    if config.get('problem_type') == 'multi_label_classification': return dict(labels=torch.randint(0, 2, (3, n), generator=g).float())
    return dict(labels=torch.randn(3, generator=g) if n == 1 else torch.randint(0, n, (3,), generator=g))
def image_inputs(cls_name, config, seed=0, side='right'):
    "Images have no padding."
    from ..harness import usual_inputs
    return usual_inputs(cls_name, config, seed, 'none' if 'Classification' in cls_name else side)
case('imagegpt', GPTS, n_inner=[None, 37], activation_function=['quick_gelu', 'gelu', 'relu'], scale_attn_weights=[True, False], scale_attn_by_inverse_layer_idx=[False, True],
    reorder_and_upcast_attn=[False, True], pad_token_id=[0, 5], inputs=image_inputs, labels=image_labels)

def episodes(cls_name, config, seed=0, side='right'):
    "Episodes; a padded step in front would see nothing at all, so padding stands behind."
    from ..harness import T, usual_inputs
    if 'GPT2' in cls_name: return usual_inputs(cls_name, config, seed, side)
    g, mask = torch.Generator().manual_seed(seed), torch.ones(3, T, dtype=torch.long)
    if side != 'none': mask[1, T-2:], mask[2, T-5:] = 0, 0
    draw = lambda n: torch.randn(3, T, n, generator=g)
    return dict(states=draw(config['state_dim']), actions=draw(config['act_dim']), rewards=draw(1), returns_to_go=draw(1), attention_mask=mask,
        timesteps=torch.arange(T).expand(3, T) + torch.tensor([[0], [3], [9]]))
case('decision_transformer', hidden_size=32, n_layer=3, n_head=[1, 4], n_positions=40, vocab_size=99, pad_token_id=0, state_dim=[5, 1], act_dim=[3, 1], max_ep_len=30,
    action_tanh=[True, False], n_inner=[None, 37], activation_function=['relu', 'gelu_new'], scale_attn_weights=[True, False], scale_attn_by_inverse_layer_idx=[False, True],
    reorder_and_upcast_attn=[False, True], layer_norm_epsilon=[1e-5, 1e-2], inputs=episodes, labels=lambda cls_name, config, inputs, seed=0: {},
    heads={'.*GPT2Model': dict(add_cross_attention=[False, True, False])})
