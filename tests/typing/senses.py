"Pictures and sounds. Read by a type checker, never run."
from PIL import Image
from nbformers import AutoFeatureExtractor, AutoImageProcessor, AutoModelForImageClassification, AutoModelForSpeechSeq2Seq, AutoProcessor, pipeline

picture = Image.new('RGB', (32, 32))
prepare = AutoImageProcessor.from_pretrained('google/vit-base-patch16-224')
model = AutoModelForImageClassification.from_pretrained('google/vit-base-patch16-224')
logits = model(**prepare(images=picture, return_tensors='pt')).logits
print(model.config.id2label[int(logits.argmax())])
for label in pipeline('image-classification', model=model, image_processor=prepare)(picture): print(label['score'])
for many in pipeline('image-classification')([picture, picture]): print(many[0]['label'])
extractor = AutoFeatureExtractor.from_pretrained('openai/whisper-tiny')
whisper = AutoModelForSpeechSeq2Seq.from_pretrained('openai/whisper-tiny')
processor = AutoProcessor.from_pretrained('openai/whisper-tiny')
heard = pipeline('automatic-speech-recognition', model=whisper, feature_extractor=extractor, tokenizer=processor.tokenizer)
print(heard('jfk.wav', return_timestamps=True)['text'])
