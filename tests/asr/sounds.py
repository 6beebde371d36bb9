"""Sounds that a live room makes beside speech, and what a line does to speech; all 16 kHz float32."""

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
Samples = NDArray[np.float32]


def silence(duration_s: float) -> Samples:
    return np.zeros(int(duration_s * RATE_HZ), np.float32)


def white_noise(duration_s: float, level: float = 0.1) -> Samples:
    noise = np.random.default_rng(7).normal(0, level, int(duration_s * RATE_HZ))
    return noise.clip(-1, 1).astype(np.float32)


def pink_noise(duration_s: float) -> Samples:
    spectrum = np.fft.rfft(white_noise(duration_s, 1))
    noise = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)), int(duration_s * RATE_HZ))
    return np.asarray(0.2 * noise / np.abs(noise).max(), np.float32)


def music(duration_s: float) -> Samples:
    """Four chords in turn, a melody with vibrato, a bass drum and a high hat."""
    at_s = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    sound = np.zeros(len(at_s))
    chords = ((220, 277.2, 329.6), (196, 246.9, 293.7), (174.6, 220, 261.6), (164.8, 207.7, 246.9))
    for place, chord in enumerate(chords):
        played = (at_s / 2).astype(int) % 4 == place
        sound += played * sum(np.sin(2 * np.pi * note * k * at_s) / k for note in chord for k in (1, 2, 3, 4))
    notes = 440 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 7, 4, 0, -3, 2, 4])[(at_s * 4).astype(int) % 12] / 12)
    vibrato = 3 * np.sin(2 * np.pi * 5 * at_s)
    sound += 2 * np.sin(2 * np.pi * np.cumsum(notes) / RATE_HZ + vibrato) * np.exp(-2 * (at_s * 4 % 1))
    beat = at_s * 2 % 1
    sound += 4 * np.sin(2 * np.pi * 60 * beat * np.exp(-8 * beat)) * np.exp(-12 * beat)
    sound += 15 * white_noise(duration_s) * np.exp(-30 * (at_s * 4 % 1))
    return np.asarray(0.25 * sound / np.abs(sound).max(), np.float32)


def clipped(samples: Samples) -> Samples:
    return np.asarray((8 * samples).clip(-1, 1), np.float32)


def by_telephone(samples: Samples) -> Samples:
    """What an 8 kHz line leaves: 12 dB an octave below 300 Hz, nothing above 3,400 Hz.

    A band cut off sharply at 300 Hz, which no line does, deafens the detector: it sees a third of the speech.
    """
    spectrum = np.fft.rfft(samples)
    pitch_hz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    spectrum *= np.minimum(1, (pitch_hz / 300) ** 2) * (pitch_hz <= 3_400)
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)


def over(samples: Samples, background: Samples, level: float) -> Samples:
    return np.asarray(samples + level * background[: len(samples)], np.float32)


def without_pauses(samples: Samples) -> Samples:
    """Speech with its silences cut down to 60 ms."""
    level = np.sqrt(np.convolve(np.square(samples), np.ones(160) / 160, "same"))
    loud = np.flatnonzero(level > 0.03 * level.max())
    kept = np.zeros(len(samples), bool)
    kept[loud[0] : loud[-1]] = True
    for before in np.flatnonzero(np.diff(loud) > RATE_HZ * 150 // 1000):
        kept[loud[before] + RATE_HZ * 60 // 1000 : loud[before + 1]] = False
    return samples[kept]
