"Whisper tiny.en on real speech: seconds of sound that are written down in a second, window by window and in overlapping pieces."

def whisper_beside(n, folder):
    import numpy as np, transformers as T
    from bench import alternate, report
    from nbformers import pipeline
    from nbformers.attention.sound import sample_speech
    from nbformers.config.hub import starter_folder
    T.logging.set_verbosity_error()
    d = starter_folder('starter/whisper')
    ours = pipeline('automatic-speech-recognition', 'starter/whisper', device='cpu')
    theirs = T.pipeline('automatic-speech-recognition', str(d), tokenizer=T.AutoTokenizer.from_pretrained(d), feature_extractor=T.WhisperFeatureExtractor.from_pretrained(d), device='cpu')
    speech, rate = sample_speech()
    long = np.concatenate([speech]*3)[:60*rate]
    for what, x, keys in (('a clip', speech[:12*rate], {}), ('a clip, times of words', speech[:12*rate], dict(return_timestamps='word')),
                          ('a minute, window by window', long, dict(return_timestamps=True)), ('a minute in pieces of 10 s', long, dict(chunk_length_s=10, return_timestamps=True))):
        said = [p(dict(raw=x.copy(), sampling_rate=rate), generate_kwargs=dict(num_beams=1), **keys)['text'] for p in (ours, theirs)]
        assert said[0] == said[1], f'Whisper, {what}: {said[0]!r} is not {said[1]!r}'
        a, b = alternate(*(lambda p=p: p(dict(raw=x.copy(), sampling_rate=rate), generate_kwargs=dict(num_beams=1), **keys) for p in (ours, theirs)), n)
        report(f'Whisper, {what}', len(x)/rate/a, len(x)/rate/b, 's of sound/s', more_is_better=True)
