"Solution to the exercise of `nbs/03b_processors/21_hearing.ipynb`."
import wave
from nbformers.attention.sound import resample
from nbformers.processors.audio import load_audio
from . import judged

def there_and_back(samples, path, rate=8000):
    "1: half as many numbers a second hold frequencies up to 4,000; what was above is not in the file, and nothing can guess it."
    half = resample(samples, 16000, rate)
    with wave.open(str(path), 'wb') as w:
        w.setnchannels(1); w.setsampwidth(2); w.setframerate(rate)
        w.writeframes((half*32767).round().clip(-32768, 32767).astype('<i2').tobytes())
    return load_audio(str(path), 16000)

def skipped(samples, path): return samples[::2].repeat(2)

def test_there_and_back(): judged('processors.audio', 1, there_and_back, lambda x, path: there_and_back(x, path, 16000), skipped)
