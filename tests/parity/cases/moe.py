from . import *

MOE = LLAMA | dict(num_hidden_layers=2, num_experts_per_tok=[2, 1, 3], output_router_logits=[False, True], router_aux_loss_coef=.3)

case('mixtral', MOE, SOME_ROPE, num_local_experts=[4, 5], sliding_window=[None, 4], router_jitter_noise=.1)
