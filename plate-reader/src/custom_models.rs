//! Models an operator brings: a detector with upright boxes, a reader with fixed places.
//!
//! They replace our own: detections go to the refiner, which makes corners of boxes, and readings go through the
//! same grammar and the same judgement. Both see grey: a model for colours is given three equal planes.

pub mod boxes;
pub mod slots;

use std::path::Path;
use std::sync::Arc;

use tract_onnx::prelude::{
    DatumType, Framework, InferenceFact, InferenceModelExt, IntoRunnable, IntoTValue, TVec, Tensor,
    TractError, TypedRunnableModel, tvec,
};
use tract_onnx::tract_hir::infer::Factoid;

use crate::net::NetError;

/// Sides of an input beyond which a file is not believed.
const LARGEST: usize = 2048;

/// An ONNX file of another project, prepared for its input size.
struct Engine {
    name: String,
    plan: Arc<TypedRunnableModel>,
    /// As in the file, or as requested.
    shape: TVec<usize>,
    datum: DatumType,
}

/// One output: numbers, and how they lie.
struct Output {
    shape: Vec<usize>,
    numbers: Vec<f32>,
}

impl Engine {
    /// `otherwise` is the input's shape where the file leaves sides open.
    fn load(path: &Path, otherwise: [usize; 4]) -> Result<Engine, NetError> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|source| NetError::File { path: name.clone(), source })?;
        let load = |cause: TractError| NetError::Load { name: name.clone(), cause };
        let model = tract_onnx::onnx().model_for_read(&mut bytes.as_slice()).map_err(load)?;
        let fact = model.input_fact(0).map_err(load)?.clone();
        let datum = fact.datum_type.concretize().unwrap_or(DatumType::F32);
        if fact.shape.rank().concretize().is_some_and(|rank| rank != 4) {
            return Err(load(TractError::msg("its input is no batch of pictures (four dimensions)")));
        }
        let known: Vec<Option<usize>> =
            fact.shape.dims().map(|side| side.concretize()?.as_i64()?.try_into().ok()).collect();
        let shape: TVec<usize> =
            (0..4).map(|axis| known.get(axis).copied().flatten().unwrap_or(otherwise[axis])).collect();
        if shape[0] != 1 || shape.iter().any(|side| !(1..=LARGEST).contains(side)) {
            return Err(load(TractError::msg(format!(
                "its input {shape:?} is no single picture of a usual size"
            ))));
        }
        let plan = model
            .with_input_fact(0, InferenceFact::dt_shape(datum, shape.clone()))
            .and_then(|model| model.into_optimized())
            .and_then(|model| model.into_runnable())
            .map_err(load)?;
        Ok(Engine { name, plan, shape, datum })
    }

    /// All outputs for one picture, whose `levels` (0..=255) lie as the input does; `unit` is what a float input calls 255.
    fn run(&self, levels: &[u8], unit: f32) -> Result<Vec<Output>, NetError> {
        let failed = |cause| NetError::Run { name: self.name.clone(), cause };
        let input = if self.datum == DatumType::U8 {
            Tensor::from_shape(&self.shape, levels)
        } else {
            let scaled: Vec<f32> = levels.iter().map(|&level| f32::from(level) * unit / 255.0).collect();
            Tensor::from_shape(&self.shape, &scaled)
        };
        let input = input.and_then(|input| input.cast_to_dt(self.datum).map(|cast| cast.into_owned()));
        let outputs = self.plan.run(tvec!(input.map_err(failed)?.into_tvalue())).map_err(failed)?;
        let plain = |output: &Tensor| {
            let floats = output.cast_to::<f32>()?;
            let view = floats.try_as_plain_ram()?;
            Ok(Output { shape: output.shape().to_vec(), numbers: view.as_slice::<f32>()?.to_vec() })
        };
        outputs.iter().map(|output| plain(output)).collect::<Result<_, TractError>>().map_err(failed)
    }

    fn refuse(&self, why: String) -> NetError {
        NetError::Load { name: self.name.clone(), cause: TractError::msg(why) }
    }
}
