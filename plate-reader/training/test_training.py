"""python -m unittest, in this folder: what would spoil a model silently if it were wrong."""

import os
import random
import re
import tempfile
import unittest

import cv2
import numpy as np
import torch

import degrade
import evaluate
import export
import glyphs
import limits
import nets
import paint_out
import plates
import reliability
import scenes
from train_detector import targets
from train_reader import LONGEST, labels


def plain_shot(seed):
    """A bright plate on a dark ground, with nothing else to mislead a measurement."""
    rng = random.Random(seed)
    quad = degrade.turn(rng, 160, 60) + np.float32([150, 100])
    canvas = np.full((200, 300), 20, np.float32)
    degrade.warp_into(canvas, np.full((60, 160), 220, np.float32), quad)
    return degrade.Shot(canvas.astype(np.uint8), quad)


class Crops(unittest.TestCase):
    def test_a_cut_shows_exactly_the_plate(self):
        for seed in range(10):
            shot = plain_shot(seed)
            crop = degrade.cut(shot.pixels, shot.quad, degrade.REFINER_NOMINAL, degrade.REFINER_SIZE)
            self.assertGreater(crop[18:46, 34:126].min(), 190)
            self.assertLess(crop[:14].max(), 60)
            self.assertLess(crop[:, :30].max(), 60)

    def test_refiner_offsets_lead_back_to_the_true_corners(self):
        for seed in range(20):
            shot = plain_shot(seed)
            guess = degrade.detector_error(random.Random(seed), shot.quad)
            _, offsets = degrade.refiner_crop(shot, guess)
            back = cv2.getPerspectiveTransform(degrade.REFINER_NOMINAL, guess)
            there = cv2.perspectiveTransform((degrade.REFINER_NOMINAL + offsets * degrade.REFINER_UNIT)[None], back)[0]
            self.assertLess(np.abs(there - shot.quad).max(), 0.02)

    def test_a_shrunk_cut_stays_in_place(self):
        shot = plain_shot(3)
        large = cv2.resize(shot.pixels, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
        small = degrade.cut(shot.pixels, shot.quad, degrade.REFINER_NOMINAL, degrade.REFINER_SIZE).astype(int)
        shrunk = degrade.cut(large, shot.quad * 4, degrade.REFINER_NOMINAL, degrade.REFINER_SIZE).astype(int)
        self.assertLess(np.abs(small - shrunk).mean(), 2.5)

    def test_reader_margins_lie_outside_and_halves_meet_in_the_middle(self):
        square = degrade.rectangle(100, 50)
        np.testing.assert_allclose(degrade.reader_quad(square)[[0, 2]], [[-3, -3], [103, 53]], atol=1e-4)
        np.testing.assert_allclose(degrade.reader_quad(square, degrade.UPPER)[[0, 2]], [[-3, -3], [103, 26]], atol=1e-4)
        np.testing.assert_allclose(degrade.reader_quad(square, degrade.LOWER)[[0, 2]], [[-3, 24], [103, 53]], atol=1e-4)


class Targets(unittest.TestCase):
    def test_corners_point_from_the_cell_to_the_plate(self):
        quad = degrade.rectangle(80, 20) + np.float32([100, 60])
        heat, weight, corners, counts = targets((320, 192), [quad])
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        self.assertEqual((row, column), (70 // 8, 140 // 8))
        cell = np.float32([column * 8 + 4, row * 8 + 4])
        np.testing.assert_allclose(corners[:, row, column].reshape(4, 2) * 32 + cell, quad, atol=1e-3)
        self.assertEqual(weight.min(), 1)
        self.assertEqual(counts[row, column], 1)

    def test_a_cut_off_plate_is_neither_hit_nor_miss(self):
        heat, weight, _, counts = targets((320, 192), [degrade.rectangle(80, 20) + np.float32([-50, 60])])
        self.assertEqual((heat.max(), counts.max(), weight.min()), (0, 0, 0))

    def test_labels_hold_every_serial_the_printer_makes(self):
        printer = plates.Printer()
        for number in range(300):
            rng = random.Random(number)
            for line in printer.print(rng, rng.choice(list(plates.KINDS))).lines:
                codes, length = labels(line)
                self.assertLessEqual(length, LONGEST)
                self.assertEqual("".join(glyphs.ALPHABET[c] for c in codes[:length]), line)


class Rendering(unittest.TestCase):
    def test_the_same_seed_draws_the_same_plate_and_scene(self):
        one, other = (next(plates.sheets(5)) for _ in range(2))
        self.assertEqual(one.lines, other.lines)
        np.testing.assert_array_equal(one.face, other.face)
        pictures = [scenes.draw_picture(random.Random(3), scenes.Drawn(held_out=True)) for _ in range(2)]
        np.testing.assert_array_equal(pictures[0][0], pictures[1][0])

    def test_held_out_plates_use_no_trained_font_and_no_trained_series(self):
        self.assertFalse(set(glyphs.FONTS) & set(glyphs.HELD_OUT_FONTS))
        self.assertNotIn(glyphs.HELD_OUT_FAMILY, glyphs.FAMILIES)
        for kind, trained in {"eu": plates.EU, "us": plates.US, "br": plates.BR, "vn": plates.VN_LONG, "vn_square": plates.VN_SQUARE, "square": plates.SQUARE, "other": plates.OTHER}.items():
            self.assertFalse(set(trained) & {*plates.HELD_OUT_SERIES.get(kind, {}), *plates.STRANGERS[kind]})

    def test_strangers_are_drawn_alone_or_left_out(self):
        for series, wanted in (("strange", plates.STRANGERS["us"]), ("known", plates.HELD_OUT_SERIES["us"])):
            drawn, rng = scenes.Drawn(held_out=True, kinds=["us"], series=series), random.Random(4)
            for _ in range(10):
                text = "".join(drawn.pick(rng).note["lines"])
                forms = {re.sub("[LC]", "L", form.replace(" ", "")) for form in wanted}
                self.assertIn("".join("D" if c.isdigit() else "L" for c in text), forms)
        self.assertEqual(set(scenes.Drawn(held_out=True, kinds=["br", "eu"], series="known").weights), {"eu"})

    def test_painted_out_and_empty_pictures_have_no_truth(self):
        drawn = scenes.Drawn(held_out=True)
        self.assertEqual(scenes.draw_picture(random.Random(1), drawn, painted_out=True)[1], [])
        self.assertEqual(scenes.draw_picture(random.Random(1), drawn, empty=True)[1], [])


class Decoding(unittest.TestCase):
    def test_repeats_are_joined_unless_a_blank_parts_them(self):
        columns = np.full((6, 37), -1.0)
        for at, code in enumerate([10, 10, 36, 10, 11, 36]):
            columns[at, code] = 1
        self.assertEqual(evaluate.decode(columns), "AAB")

    def test_distance_counts_edits(self):
        self.assertEqual(evaluate.distance("AB12", "A812"), 1)
        self.assertEqual(evaluate.distance("AB12", "AB1"), 1)


class Dies(unittest.TestCase):
    def test_a_die_tells_its_look_alikes_apart(self):
        for family in (*glyphs.FAMILIES, glyphs.HELD_OUT_FAMILY):
            alphabet = glyphs.stroke_alphabet(random.Random(7), family)
            for (one, other), least in glyphs.TOLD_APART.items():
                self.assertGreaterEqual(glyphs.unlikeness(alphabet.glyphs[one], alphabet.glyphs[other]), least, (family, one, other))

    def test_a_poor_die_hardly_tells_b_from_8(self):
        good, poor = (glyphs.stroke_alphabet(random.Random(7), "square", poor).glyphs for poor in (False, True))
        self.assertLess(glyphs.unlikeness(poor["B"], poor["8"]), min(glyphs.TOLD_APART["B8"], glyphs.unlikeness(good["B"], good["8"])))

    def test_unlikeness_is_nothing_between_equals_and_all_between_strangers(self):
        left, right = np.zeros((2, 96, 64), np.uint8)
        left[:, :32], right[:, 32:] = 255, 255
        self.assertEqual(glyphs.unlikeness(left, left), 0)
        self.assertAlmostEqual(glyphs.unlikeness(left, right), 2)

    def test_a_picture_shows_only_the_kinds_asked_for(self):
        drawn = scenes.Drawn(held_out=True, kinds=["us", "br"])
        rng = random.Random(4)
        self.assertEqual({drawn.pick(rng).note["kind"] for _ in range(30)}, {"us", "br"})


class Exported(unittest.TestCase):
    def test_halved_weights_answer_like_the_net_itself(self):
        torch.manual_seed(1)
        for name, (make, shape, _) in nets.NETS.items():
            net, x = make().eval(), torch.randn(shape)
            with tempfile.TemporaryDirectory() as folder, torch.no_grad():
                path = os.path.join(folder, f"{name}.onnx")
                export.export(name, net, path)
                weights = sum(weight.numel() for weight in net.parameters())
                self.assertLess(os.path.getsize(path), 2.2 * weights + 20_000, name)
                np.testing.assert_allclose(evaluate.Model(path).run(x.numpy()), net(x)[0], rtol=0.02, atol=0.02, err_msg=name)


class Limits(unittest.TestCase):
    def case(self, read, right=True, kind="formed", certainty=0.95, plate=0.9, verdict="unsure"):
        return {"read": read, "verdict": verdict, "right": right, "kind": kind, "certainty": certainty, "plate": plate}

    def test_words_and_scraps_are_never_accepted(self):
        cases = [self.case("BAB123"), self.case("A1", verdict="unreadable"), self.case("MARKET", kind="word"), self.case("", kind=None), self.case("123456", kind="bare")]
        self.assertEqual({name: [case["read"] for case in kept] for name, kept in limits.by_kind(cases).items()}, {"formed": ["BAB123"], "bare": ["123456"], "free": []})

    def test_strangers_count_as_their_share_of_all_plates_says(self):
        known, strange = [self.case("BAB123") for _ in range(9)], [self.case("BAB128", right=False) for _ in range(4)]
        kinds = limits.by_kind(limits.weigh(known, strange, 0.1))
        accepted, wrong = limits.passing(kinds["formed"], (0.5, 0.5))
        self.assertAlmostEqual(accepted, 10)
        self.assertAlmostEqual(wrong, 1)

    def test_the_best_limits_let_most_through_and_no_more_wrong_than_allowed(self):
        right = [self.case("BAB123", certainty=certainty) for certainty in (0.89, 0.955, 0.975, 0.999)]
        kinds = {"formed": [*right, self.case("BAB128", right=False, certainty=0.93)], "bare": [], "free": []}
        accepted, wrong, formed, _ = limits.best(kinds, 0.1)
        self.assertEqual((accepted, wrong), (3, 0))
        self.assertTrue(0.93 < formed[0] <= 0.955)
        self.assertEqual(limits.best(kinds, 0.2)[:2], (5, 1))


class Revival(unittest.TestCase):
    def test_a_released_net_learns_on_from_what_it_answers(self):
        pictures = torch.from_numpy(degrade.normalised(np.stack([plain_shot(seed).pixels[90:154, 40:200] for seed in range(24)])))
        for name in ("refiner", "detector"):
            torch.manual_seed(3)
            net = nets.NETS[name][0]()
            for _ in range(20):  # let the normalisations remember something
                net.train()(pictures + torch.randn_like(pictures))
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, f"{name}.onnx")
                export.export(name, net, path)
                revived = export.revive(nets.NETS[name][0](), path, pictures)
                with self.assertRaises(ValueError):
                    export.revive(nets.Reader(), path, pictures)
            with torch.no_grad():
                wanted = net.eval()(pictures)
                self.assertLess((revived.eval()(pictures) - wanted).abs().max(), 0.02 * wanted.abs().max())
                self.assertLess((revived.train()(pictures) - wanted).abs().max(), 0.02 * wanted.abs().max())

    def test_a_wider_reader_starts_with_the_answers_of_the_one_it_grew_from(self):
        crops = torch.from_numpy(degrade.normalised(np.stack([plain_shot(seed).pixels[90:154, 20:212] for seed in range(8)])))
        torch.manual_seed(4)
        small = nets.Reader(24, 32, 40, 48)
        for _ in range(5):
            small.train()(crops + torch.randn_like(crops))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "reader.onnx")
            export.export("reader", small, path)
            again = export.reader_in(path)
            self.assertEqual([p.shape for p in again.parameters()], [p.shape for p in small.parameters()])
            export.revive(again, path, crops)
        with self.assertRaises(ValueError):
            export.widen(nets.Reader(), again, seed=1)
        wide = export.widen(again, nets.Reader(32, 32, 56, 80), seed=1, noise=0.0)
        noisy = export.widen(again, nets.Reader(32, 32, 56, 80), seed=1)
        with torch.no_grad():
            for mode in ("eval", "train"):
                wanted, got, other = (getattr(net, mode)()(crops) for net in (again, wide, noisy))
                self.assertLess((got - wanted).abs().max(), 1e-3 * wanted.abs().max(), mode)
                self.assertGreater((other - wanted).abs().max(), 1e-3 * wanted.abs().max(), mode)


class Reliability(unittest.TestCase):
    def test_sure_characters_that_were_look_alikes_are_counted_but_twins_are_not(self):
        case = {"confidence": [0.99] * 4 + [0.9], "truth": ["XX", "8D0A8"], "read": "BDOA8"}
        self.assertEqual(reliability.mistaken([case, {**case, "read": ""}]), (1, 3))

    def test_each_bin_tells_what_was_said_and_what_was_right(self):
        cases = [{"confidence": [1.0, 0.5], "certainty": sure, "right": right} for sure, right in ((0.91, True), (0.93, False), (1.0, True))]
        rows = list(reliability.bins([*cases, {"confidence": [], "certainty": 0.0, "right": False}]))
        self.assertEqual([(low, high, right, count) for low, high, _, right, count in rows], [(0.9, 0.95, 0.5, 2), (0.999, 1.0, 1.0, 1)])
        self.assertAlmostEqual(rows[0][2], 0.92)
        self.assertEqual(reliability.diagram(rows).count("<circle"), 2)

    def test_certainty_is_fitted_to_what_was_right(self):
        dice = np.random.default_rng(5)
        cases = []
        for margin in dice.uniform(-2, 6, 4000):
            case = {"confidence": [0.9, 0.9], "margin": margin}
            right = dice.random() < 1 / (1 + np.exp(5.0 - 0.8 * reliability.nats(case)))
            cases.append({**case, "right": right})
        slope, offset = reliability.fitted(cases)
        self.assertAlmostEqual(slope, 0.8, delta=0.1)
        self.assertAlmostEqual(offset, 5.0, delta=0.6)


class PaintedOut(unittest.TestCase):
    def test_nothing_of_the_plate_is_left_and_nothing_else_is_touched(self):
        picture = np.random.default_rng(1).integers(0, 255, (90, 160, 3), np.uint8)
        for colour in ([10, 20, 30], None):
            covered = paint_out.painted_out(picture, [[60, 40, 50, 20]], colour)
            self.assertEqual(np.ptp(covered[40:60, 60:110].reshape(-1, 3), axis=0).max(), 0)
            self.assertTrue((covered[:30] == picture[:30]).all() and (covered[:, 120:] == picture[:, 120:]).all())


if __name__ == "__main__":
    unittest.main()
