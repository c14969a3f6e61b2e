//! One ONNX file made ready for one input size, run on one thread by tract.
//!
//! Knows nothing of plates: planes of f32 in, planes of f32 out.

mod im2col;
mod panels;

use std::sync::Arc;

use im2col::unfold_convolutions;
use panels::write_panels_directly;
use thiserror::Error;
use tract_onnx::prelude::{
    Datum, Framework, InferenceFact, InferenceModel, InferenceModelExt, IntoRunnable, IntoTValue, Tensor,
    TractError, TractResult, TypedRunnableModel, tvec,
};

use crate::grey::Grey;

#[derive(Debug, Error)]
pub enum NetError {
    #[error("model file {path} cannot be read")]
    File { path: String, source: std::io::Error },
    #[error("model description {path} cannot be used: {what}")]
    Config { path: String, what: String },
    #[error("model {name} cannot be loaded: {cause:#}")]
    Load { name: String, cause: TractError },
    #[error("model {name} does not run on {width}x{height}: {cause:#}")]
    Shape { name: String, width: usize, height: usize, cause: TractError },
    #[error("model {name} failed on a picture: {cause:#}")]
    Run { name: String, cause: TractError },
    #[error("model {name} answered {found} numbers where {expected} were expected")]
    Answer { name: String, expected: usize, found: usize },
}

/// The file as read, before a size is chosen.
pub struct Graph {
    name: String,
    model: InferenceModel,
}

/// A graph optimised for pictures of one size.
pub struct Net {
    name: String,
    width: usize,
    height: usize,
    plan: Arc<TypedRunnableModel>,
}

/// A picture in units of its own contrast: `(pixel - mean) / (deviation + 8)`.
pub fn by_own_contrast(picture: &Grey) -> Vec<f32> {
    let count = picture.pixels().len() as f64;
    let sum: u64 = picture.pixels().iter().map(|&p| u64::from(p)).sum();
    let squares: u64 = picture.pixels().iter().map(|&p| u64::from(u32::from(p) * u32::from(p))).sum();
    let mean = sum as f64 / count;
    let spread = (squares as f64 / count - mean * mean).max(0.0);
    let (mean, scale) = (mean as f32, 1.0 / (spread.sqrt() as f32 + 8.0));
    picture.pixels().iter().map(|&p| (f32::from(p) - mean) * scale).collect()
}

/// A logit as a probability.
pub fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

impl Graph {
    /// `name` stands in messages only.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Graph, NetError> {
        let model = tract_onnx::onnx()
            .model_for_read(&mut &bytes[..])
            .map_err(|cause| NetError::Load { name: name.to_owned(), cause })?;
        Ok(Graph { name: name.to_owned(), model })
    }

    /// The net for grey pictures of this size: input 1x1xHxW.
    pub fn sized(&self, width: usize, height: usize) -> Result<Net, NetError> {
        let failed = |cause| NetError::Shape { name: self.name.clone(), width, height, cause };
        let plan = self.plan(width, height).map_err(failed)?;
        Ok(Net { name: self.name.clone(), width, height, plan })
    }

    fn plan(&self, width: usize, height: usize) -> TractResult<Arc<TypedRunnableModel>> {
        let fact = InferenceFact::dt_shape(f32::datum_type(), tvec!(1, 1, height, width));
        let mut model = self.model.clone().with_input_fact(0, fact)?.into_typed()?.into_decluttered()?;
        unfold_convolutions(&mut model)?;
        let mut model = model.into_optimized()?;
        write_panels_directly(&mut model)?;
        model.into_runnable()
    }
}

impl Net {
    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.height
    }

    /// The first output for one picture given row by row; exactly `expected` numbers.
    pub fn run(&self, plane: &[f32], expected: usize) -> Result<Vec<f32>, NetError> {
        let failed = |cause| NetError::Run { name: self.name.clone(), cause };
        let input = Tensor::from_shape(&[1, 1, self.height, self.width], plane).map_err(failed)?;
        let outputs = self.plan.run(tvec!(input.into_tvalue())).map_err(failed)?;
        let numbers = match outputs.first() {
            Some(first) => {
                let view = first.try_as_plain_ram().map_err(failed)?;
                view.as_slice::<f32>().map_err(failed)?.to_vec()
            }
            None => Vec::new(),
        };
        if numbers.len() == expected {
            Ok(numbers)
        } else {
            Err(NetError::Answer { name: self.name.clone(), expected, found: numbers.len() })
        }
    }
}

#[cfg(test)]
mod tests {
    use tract_onnx::prelude::TypedNode;
    use tract_onnx::tract_core::ops::matmul::pack::OptMatMulPack;

    use super::im2col::OP_NAME;
    use super::panels::{plain_panels, unfolding_before};
    use super::*;

    const SHIPPED: [(&str, &[u8], [usize; 2]); 4] = [
        ("detector", include_bytes!("../models/detector.onnx"), [640, 368]),
        ("refiner", include_bytes!("../models/refiner.onnx"), [160, 64]),
        ("reader", include_bytes!("../models/reader.onnx"), [192, 64]),
        ("second-reader", include_bytes!("../models/second-reader.onnx"), [192, 64]),
    ];

    /// A tract that chooses other kernels or names its steps otherwise would cost half the speed without a word.
    #[test]
    fn every_convolution_of_the_shipped_nets_has_its_panels_written_directly() {
        for (name, onnx, [width, height]) in SHIPPED {
            let graph = Graph::parse(name, onnx).unwrap();
            let plan = graph.plan(width, height).unwrap();
            let named = |wanted: &str| {
                let order = plan.order_without_consts().iter();
                order.filter(|node| plan.model().nodes[**node].op.name() == wanted).count()
            };
            let other = |node: &&TypedNode| {
                unfolding_before(plan.model(), node).is_some()
                    && plain_panels(&node.outputs[0].fact).is_none()
            };
            let packings = plan.order_without_consts().iter().map(|node| &plan.model().nodes[*node]);
            let excused = packings.filter(|node| node.op_is::<OptMatMulPack>()).filter(other).count();
            assert_eq!((named(OP_NAME), named("Im2col")), (excused, 0), "{name}");
            assert!(named("Panels") + excused >= 7, "{name}: {} of its convolutions", named("Panels"));
        }
    }

    #[test]
    fn the_shipped_nets_answer_as_tract_alone_does() {
        for (name, onnx, [width, height]) in SHIPPED {
            let graph = Graph::parse(name, onnx).unwrap();
            let plane: Vec<f32> = (0..width * height).map(|i| (i * 7919 % 211) as f32 / 70.0 - 1.5).collect();
            let fact = InferenceFact::dt_shape(f32::datum_type(), tvec!(1, 1, height, width));
            let alone = graph.model.clone().with_input_fact(0, fact).unwrap();
            let alone = alone.into_optimized().unwrap().into_runnable().unwrap();
            let input = Tensor::from_shape(&[1, 1, height, width], &plane).unwrap();
            let outputs = alone.run(tvec!(input.into_tvalue())).unwrap();
            let view = outputs[0].try_as_plain_ram().unwrap();
            let wanted = view.as_slice::<f32>().unwrap();
            let net = graph.sized(width, height).unwrap();
            // Twice, because the second time the panels' memory is not fresh.
            for _ in 0..2 {
                let found = net.run(&plane, wanted.len()).unwrap();
                let furthest = found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(furthest < 1e-3, "{name}: {furthest}");
            }
        }
    }
}
