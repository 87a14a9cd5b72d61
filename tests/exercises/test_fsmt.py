"""Exercise of the chapter on FSMT: one table instead of three."""
from nbformers.models.fsmt import FSMTConfig, FSMTForConditionalGeneration
from nbformers.models.loading import disk_tensors
from . import judged

def model(**kw): return FSMTForConditionalGeneration(FSMTConfig(src_vocab_size=60, tgt_vocab_size=60, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
    decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=24, max_position_embeddings=30, **kw))

def test_tied():
    apart, tied = model(), model(tie_word_embeddings=True)
    assert apart.num_parameters() - tied.num_parameters() == 2*60*16
    left = set(disk_tensors(tied)) & {'model.encoder.embed_tokens.weight', 'model.decoder.embed_tokens.weight', 'model.decoder.output_projection.weight'}
    judged('models.fsmt', 1, (2*42024*1024, left), (3*42024*1024, left), (2*42024*1024, 'model.encoder.embed_tokens.weight'))
