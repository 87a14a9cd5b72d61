from . import *

case('gpt2', COMMON, n_embd=32, n_layer=3, n_head=4, n_positions=40, n_inner=[None, 50], activation_function=['gelu_new', 'relu', 'gelu'],
    scale_attn_weights=[True, False], scale_attn_by_inverse_layer_idx=[False, True], reorder_and_upcast_attn=[False, True], pad_token_id=0,
    tie_word_embeddings=[True, False], heads={'GPT2Model|GPT2LMHeadModel': dict(add_cross_attention=[False, True, False]),
    'GPT2DoubleHeadsModel': dict(summary_activation=[None, 'tanh'], num_labels=1, problem_type=None)})
case('llama', LLAMA, ROPE, attention_bias=[False, True], mlp_bias=[False, True], pretraining_tp=[1, 2], heads={'LlamaFor(?!Causal).*': SOME_ROPE})
case('qwen2', LLAMA, SOME_ROPE, WINDOWS)
case('qwen3', LLAMA, SOME_ROPE, WINDOWS, attention_bias=[False, True])
case('mistral', LLAMA, SOME_ROPE, sliding_window=[4, None, 6])
