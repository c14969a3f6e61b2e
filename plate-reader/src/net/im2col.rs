//! Convolutions as one matrix product over copied rows.
//!
//! tract gathers what a convolution's kernel covers number by number, which takes as long as the product itself (and for
//! a first layer with large steps several times as long). Here whole rows are copied first; what is left is a convolution
//! of one by one, for which tract has nothing to gather. Same weights, same sums.

use std::ops::Range;

use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::model::Rewriter;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, PaddingSpec, PoolSpec};
use tract_onnx::tract_core::ops::nn::DataFormat;

/// As plans call our step, apart from tract's own `Im2col`.
pub const OP_NAME: &str = "BoomgateIm2col";

/// Splits every convolution the net has into an unfolding and a product.
pub fn unfold_convolutions(model: &mut TypedModel) -> TractResult<()> {
    Rewriter::default().with_rule_for::<Conv>("unfold", split).rewrite(&(), model)
}

fn split(
    _: &(),
    model: &TypedModel,
    node: &TypedNode,
    name: &str,
    conv: &Conv,
) -> TractResult<Option<TypedModelPatch>> {
    let spec = &conv.pool_spec;
    let plain = conv.group == 1
        && conv.q_params.is_none()
        && conv.kernel_fmt == KernelFormat::OIHW
        && spec.data_format == DataFormat::NCHW
        && spec.rank() == 2
        && spec.kernel_shape.iter().product::<usize>() > 1;
    let fact = model.outlet_fact(node.inputs[0])?;
    let plain = plain && fact.datum_type == f32::datum_type();
    let Some(input) = fact.shape.as_concrete().filter(|input| plain && input[0] == 1) else {
        return Ok(None);
    };
    let Some(weights) = model.outlet_fact(node.inputs[1])?.konst.clone() else { return Ok(None) };
    let unfold = Im2col::of(spec, input);
    let covered = unfold.covered();
    let mut weights = weights.into_tensor();
    weights.set_shape(&[spec.output_channels, covered, 1, 1])?;
    let product = Conv {
        pool_spec: PoolSpec {
            kernel_shape: tvec!(1, 1),
            padding: PaddingSpec::Valid,
            dilations: None,
            strides: None,
            input_channels: covered,
            ..spec.clone()
        },
        ..conv.clone()
    };
    let mut patch = TypedModelPatch::default();
    let taps = patch.taps(model, &node.inputs)?;
    let rows = patch.wire_node(format!("{name}.unfold"), unfold, &taps[..1])?[0];
    let weights = patch.add_const(format!("{name}.weights"), weights)?;
    let sums = patch.wire_node(name, product, &[rows, weights, taps[2]])?[0];
    patch.shunt_outside(model, node.id.into(), sums)?;
    Ok(Some(patch))
}

/// 1xCxHxW to 1x(C*kernel)xH'xW': for each place of the result, what the kernel covers there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Im2col {
    channels: usize,
    down: Direction,
    across: Direction,
}

/// One direction of a convolution.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Direction {
    input: usize,
    output: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    /// Zeros before the first input.
    before: usize,
}

impl Direction {
    fn of(spec: &PoolSpec, axis: usize, input: &[usize]) -> Direction {
        let padding = &spec.computed_padding(&input[2..])[axis];
        Direction {
            input: input[2 + axis],
            output: padding.convoluted,
            kernel: spec.kernel_shape[axis],
            stride: spec.stride(axis),
            dilation: spec.dilation(axis),
            before: padding.pad_before,
        }
    }

    /// Inputs from the first output's first to the last one's last, zeros counted.
    fn reach(&self) -> usize {
        self.output.saturating_sub(1) * self.stride + self.kernel.saturating_sub(1) * self.dilation + 1
    }

    /// The same, of every `stride`-th input only.
    fn part(&self) -> usize {
        self.reach().div_ceil(self.stride)
    }

    /// The outputs for which this place of the kernel lies on the input, and the input of the first of them.
    fn inside(&self, kernel: usize) -> (Range<usize>, usize) {
        let offset = kernel * self.dilation;
        let first = self.before.saturating_sub(offset).div_ceil(self.stride).min(self.output);
        let reach = (self.input + self.before).saturating_sub(offset);
        let end = reach.div_ceil(self.stride).min(self.output).max(first);
        (first..end, (first * self.stride + offset).saturating_sub(self.before))
    }
}

impl Im2col {
    fn of(spec: &PoolSpec, input: &[usize]) -> Im2col {
        Im2col {
            channels: input[1],
            down: Direction::of(spec, 0, input),
            across: Direction::of(spec, 1, input),
        }
    }

    /// Inputs of one result.
    pub fn covered(&self) -> usize {
        self.channels * self.down.kernel * self.across.kernel
    }

    /// Results, row by row.
    pub fn places(&self) -> usize {
        self.down.output * self.across.output
    }

    /// Results in one row.
    pub fn columns(&self) -> usize {
        self.across.output
    }

    /// The input with all the zeros around it that a kernel meets, every channel's rows taken apart by step, so that what
    /// neighbouring results see at one place of the kernel lies side by side; `slack` more zeros in front and behind.
    pub fn padded(&self, from: &[f32], slack: usize) -> Vec<f32> {
        let Im2col { channels, down, across } = self;
        let (rows, line, part) = (down.reach(), self.line(), across.part());
        let mut padded = vec![0.0; 2 * slack + channels * rows * line];
        let planes = from.chunks_exact(down.input * across.input);
        for (plane, to) in planes.zip(padded[slack..].chunks_exact_mut(rows * line)) {
            let lines = to.chunks_exact_mut(line).skip(down.before);
            for (row, to) in plane.chunks_exact(across.input).zip(lines) {
                for (phase, to) in to.chunks_exact_mut(part).enumerate() {
                    let zeros = across.before.saturating_sub(phase).div_ceil(across.stride).min(part);
                    let first = (zeros * across.stride + phase).saturating_sub(across.before).min(row.len());
                    let (to, row) = (&mut to[zeros..], &row[first..]);
                    match across.stride {
                        1 => {
                            let count = to.len().min(row.len());
                            to[..count].copy_from_slice(&row[..count]);
                        }
                        stride => to.iter_mut().zip(row.iter().step_by(stride)).for_each(|(t, f)| *t = *f),
                    }
                }
            }
        }
        padded
    }

    /// Where in [`Im2col::padded`] the first result's inputs lie.
    pub fn offsets(&self) -> Vec<usize> {
        let Im2col { channels, down, across } = self;
        let line = self.line();
        let of_column = |kernel: usize| {
            let column = kernel * across.dilation;
            column % across.stride * across.part() + column / across.stride
        };
        let of_place = |channel: usize, place: usize| {
            let row = channel * down.reach() + place / across.kernel * down.dilation;
            row * line + of_column(place % across.kernel)
        };
        let places = down.kernel * across.kernel;
        (0..*channels).flat_map(|channel| (0..places).map(move |place| of_place(channel, place))).collect()
    }

    /// How much further those of this result lie, `slack` included.
    pub fn start(&self, place: usize, slack: usize) -> usize {
        let (row, column) = (place / self.across.output, place % self.across.output);
        slack + row * self.down.stride * self.line() + column
    }

    /// Length of one row in [`Im2col::padded`].
    fn line(&self) -> usize {
        self.across.part() * self.across.stride
    }

    fn shape(&self) -> [usize; 4] {
        [1, self.covered(), self.down.output, self.across.output]
    }

    pub fn copy(&self, from: &[f32], to: &mut [f32]) {
        let Im2col { down, across, .. } = self;
        let planes = from.chunks_exact(down.input * across.input);
        let unfolded = to.chunks_exact_mut(down.kernel * across.kernel * down.output * across.output);
        for (plane, unfolded) in planes.zip(unfolded) {
            for (place, to) in unfolded.chunks_exact_mut(down.output * across.output).enumerate() {
                self.copy_shifted(plane, to, place / across.kernel, place % across.kernel);
            }
        }
    }

    /// The plane as this place of the kernel sees it.
    fn copy_shifted(&self, plane: &[f32], to: &mut [f32], row: usize, column: usize) {
        let (ys, first_y) = self.down.inside(row);
        let (xs, first_x) = self.across.inside(column);
        let rows = to.chunks_exact_mut(self.across.output).take(ys.end).skip(ys.start);
        for (y, to) in rows.enumerate() {
            let begin = (first_y + y * self.down.stride) * self.across.input + first_x;
            let to = &mut to[xs.clone()];
            match self.across.stride {
                1 => to.copy_from_slice(&plane[begin..begin + to.len()]),
                stride => to.iter_mut().zip(plane[begin..].iter().step_by(stride)).for_each(|(t, f)| *t = *f),
            }
        }
    }
}

impl Op for Im2col {
    fn name(&self) -> StaticName {
        OP_NAME.into()
    }

    op_as_typed_op!();
}

impl EvalOp for Im2col {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut unfolded = Tensor::zero::<f32>(&self.shape())?;
        let input = inputs[0].try_as_plain_ram()?;
        self.copy(input.as_slice::<f32>()?, unfolded.try_as_plain_ram_mut()?.as_slice_mut::<f32>()?);
        Ok(tvec!(unfolded.into_tvalue()))
    }
}

impl TypedOp for Im2col {
    as_op!();

    fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(self.shape())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Im2col {
        /// Of kernels as wide as high that keep the size but for their step.
        pub fn square(
            channels: usize,
            [height, width]: [usize; 2],
            kernel: usize,
            stride: usize,
            dilation: usize,
        ) -> Im2col {
            let before = dilation * (kernel / 2);
            let direction = |input: usize| Direction {
                input,
                output: (input + 2 * before - dilation * (kernel - 1) - 1) / stride + 1,
                kernel,
                stride,
                dilation,
                before,
            };
            Im2col { channels, down: direction(height), across: direction(width) }
        }
    }

    /// The inputs of a kernel's place, place by place.
    fn slowly(unfold: &Im2col, from: &[f32]) -> Vec<f32> {
        let Im2col { channels, down, across } = unfold;
        let at = |direction: &Direction, output: usize, kernel: usize| {
            let input = output * direction.stride + kernel * direction.dilation;
            input.checked_sub(direction.before).filter(|input| *input < direction.input)
        };
        let mut seen = Vec::new();
        for channel in 0..*channels {
            for (row, column) in (0..down.kernel).flat_map(|r| (0..across.kernel).map(move |c| (r, c))) {
                for (y, x) in (0..down.output).flat_map(|y| (0..across.output).map(move |x| (y, x))) {
                    let place = at(down, y, row).zip(at(across, x, column));
                    let index = |(v, u): (usize, usize)| (channel * down.input + v) * across.input + u;
                    seen.push(place.map_or(0.0, |place| from[index(place)]));
                }
            }
        }
        seen
    }

    #[test]
    fn rows_are_copied_to_where_the_kernel_sees_them() {
        for (input, kernel, stride, dilation, before) in [
            (9, 3, 1, 1, 1),
            (9, 7, 4, 1, 3),
            (8, 3, 2, 1, 1),
            (5, 3, 1, 4, 4),
            (3, 5, 1, 1, 2),
            (6, 4, 1, 1, 0),
        ] {
            let output = (input + 2 * before - dilation * (kernel - 1) - 1) / stride + 1;
            let down = Direction { input, output, kernel, stride, dilation, before };
            let across = Direction { input: 11, output: 11, kernel: 3, stride: 1, dilation: 1, before: 1 };
            for (down, across) in [(down.clone(), across.clone()), (across, down)] {
                let unfold = Im2col { channels: 2, down, across };
                let from: Vec<f32> = (1..=2 * input * 11).map(|value| value as f32).collect();
                let mut to = vec![0.0; unfold.shape().iter().product()];
                unfold.copy(&from, &mut to);
                assert_eq!(to, slowly(&unfold, &from), "{unfold:?}");
            }
        }
    }
}
