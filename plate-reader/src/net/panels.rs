//! What a convolution's kernel covers, written straight into the panels tract's product reads.
//!
//! An unfolding followed by tract's own packing writes everything twice, into memory that is fresh each time. Here it is
//! written once, panel by panel, into memory that stays. A panel has some places of the result side by side, for one
//! input after the other.

use std::cell::Cell;

use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::model::Rewriter;
use tract_onnx::tract_core::ops::matmul::pack::{DynPackedExoticFact, OptMatMulPack};
use tract_onnx::tract_core::tract_linalg::mmm::{
    EagerPackedInput, MMMInputValue, PackedExoticFact, PackedMatrixStorage,
};
use tract_onnx::tract_core::tract_linalg::pack::PackedFormat;

use super::im2col::Im2col;

/// As much as any kernel of tract asks for.
const ALIGNMENT: usize = 512;

/// In an optimised net, puts one step in the place of each unfolding and the packing after it.
pub fn write_panels_directly(model: &mut TypedModel) -> TractResult<()> {
    Rewriter::default().with_rule_for::<OptMatMulPack>("panels", join).rewrite(&(), model)
}

fn join(
    _: &(),
    model: &TypedModel,
    node: &TypedNode,
    name: &str,
    _: &OptMatMulPack,
) -> TractResult<Option<TypedModelPatch>> {
    let fact = &node.outputs[0].fact;
    let Some((k, mn, format)) = plain_panels(fact) else { return Ok(None) };
    let Some(source) = unfolding_before(model, node) else { return Ok(None) };
    let Some(unfold) = source.op_as::<Im2col>() else { return Ok(None) };
    let same = *k == unfold.covered().to_dim() && *mn == unfold.places().to_dim();
    let aligned = ALIGNMENT.is_multiple_of(format.alignment_bytes);
    if !same || !aligned || fact.shape.volume() != 1.to_dim() {
        return Ok(None);
    }
    let panels = Panels { unfold: unfold.clone(), format: format.clone(), fact: fact.clone() };
    let mut patch = TypedModelPatch::default();
    let taps = patch.taps(model, &source.inputs)?;
    let joined = patch.wire_node(format!("{name}.panels"), panels, &taps)?[0];
    patch.shunt_outside(model, node.id.into(), joined)?;
    Ok(Some(patch))
}

/// Depth, places and format of what a packing gives, if that is panels of floats of a width known here. A processor with
/// matrix units of its own may have others.
pub fn plain_panels(fact: &TypedFact) -> Option<(&TDim, &TDim, &PackedFormat)> {
    let DynPackedExoticFact { k, mn, packers } = fact.exotic_fact()?.downcast_ref()?;
    let [packer] = &packers[..] else { return None };
    let format = packer.downcast_ref::<PackedFormat>()?;
    (format.dt == f32::datum_type() && copy_of(format.r).is_some()).then_some((k, mn, format))
}

/// The unfolding whose numbers this node gets in their order, if they come from one.
pub fn unfolding_before<'m>(model: &'m TypedModel, node: &TypedNode) -> Option<&'m TypedNode> {
    let mut before = model.node(node.inputs.first()?.node);
    while let Some(shape) = before.op_as::<IntoShape>() {
        if shape.strides != Tensor::natural_strides(&shape.dims) {
            return None;
        }
        before = model.node(before.inputs.first()?.node);
    }
    before.op_is::<Im2col>().then_some(before)
}

/// An unfolding and its packing in one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Panels {
    unfold: Im2col,
    format: PackedFormat,
    fact: TypedFact,
}

impl Panels {
    fn written(&self, from: &[f32]) -> TractResult<EagerPackedInput> {
        let (k, mn) = (self.unfold.covered(), self.unfold.places());
        let panel = self.format.single_panel_len(k);
        let mut blob = taken(self.format.len(k, mn) * size_of::<f32>())?;
        let to: &mut [f32] = bytemuck::try_cast_slice_mut(blob.as_bytes_mut())
            .map_err(|error| TractError::msg(format!("panels are badly aligned: {error}")))?;
        fill(&self.unfold, self.format.r, from, to, panel)?;
        let packed = Arc::new(blob);
        CACHED.set(Some(packed.clone()));
        let fact = PackedExoticFact { format: Box::new(self.format.clone()), k, mn: mn.to_dim() };
        Ok(EagerPackedInput { fact, packed, panel_bytes: panel * size_of::<f32>(), mn })
    }
}

/// Writes all panels of `r` places, each `panel` numbers after the one before.
fn fill(unfold: &Im2col, r: usize, from: &[f32], to: &mut [f32], panel: usize) -> TractResult<()> {
    let copy = copy_of(r).with_context(|| format!("no panels of {r} places"))?;
    let padded = unfold.padded(from, r);
    let offsets = unfold.offsets();
    let columns = unfold.columns();
    for (number, to) in to.chunks_exact_mut(panel).take(unfold.places().div_ceil(r)).enumerate() {
        let to = &mut to[..offsets.len() * r];
        let (first, end) = (number * r, (number * r + r).min(unfold.places()));
        let ahead = columns - first % columns;
        match end - first {
            count if count == r && ahead >= r => copy(to, &padded, &offsets, [unfold.start(first, r); 2], r),
            count if count == r && ahead + columns >= r => {
                copy(to, &padded, &offsets, [unfold.start(first, r), unfold.start(first + ahead, r)], ahead)
            }
            _ => {
                let starts: Vec<usize> = (first..end).map(|place| unfold.start(place, r)).collect();
                for (to, offset) in to.chunks_exact_mut(r).zip(&offsets) {
                    to.fill(0.0);
                    to.iter_mut().zip(&starts).for_each(|(to, start)| *to = padded[start + offset]);
                }
            }
        }
    }
    Ok(())
}

/// Copies one panel: of each input as many places as `ahead` says from the first start on, the rest from the second on.
type Copy = fn(&mut [f32], &[f32], &[usize], [usize; 2], usize);

/// For panels of so many places; none where no kernel for floats has such panels.
fn copy_of(r: usize) -> Option<Copy> {
    Some(match r {
        1 => copy::<1>,
        2 => copy::<2>,
        3 => copy::<3>,
        4 => copy::<4>,
        5 => copy::<5>,
        6 => copy::<6>,
        8 => copy::<8>,
        12 => copy::<12>,
        16 => copy::<16>,
        24 => copy::<24>,
        32 => copy::<32>,
        40 => copy::<40>,
        48 => copy::<48>,
        64 => copy::<64>,
        80 => copy::<80>,
        128 => copy::<128>,
        _ => return None,
    })
}

fn copy<const R: usize>(to: &mut [f32], from: &[f32], offsets: &[usize], starts: [usize; 2], ahead: usize) {
    let rows = to.as_chunks_mut::<R>().0.iter_mut().zip(offsets);
    if ahead >= R {
        let from = &from[starts[0]..];
        for (to, offset) in rows {
            copy_row(to, &from[*offset..offset + R]);
        }
    } else {
        let (head, tail) = (&from[starts[0]..], &from[starts[1] - ahead..]);
        for (to, offset) in rows {
            let (head, tail) = (&head[*offset..offset + R], &tail[*offset..offset + R]);
            for (place, to) in to.iter_mut().enumerate() {
                *to = if place < ahead { head[place] } else { tail[place] };
            }
        }
    }
}

/// In parts of eight, which need no call for copying.
#[inline(always)]
fn copy_row<const R: usize>(to: &mut [f32; R], from: &[f32]) {
    let mut at = 0;
    while at + 8 <= R {
        to[at..at + 8].copy_from_slice(&from[at..at + 8]);
        at += 8;
    }
    to[R - R % 8..].copy_from_slice(&from[R - R % 8..R]);
}

thread_local! {
    /// Memory for panels, the same for all convolutions a thread runs: each is done with it before the next one starts.
    static CACHED: Cell<Option<Arc<Blob>>> = const { Cell::new(None) };
}

/// Memory of at least so many bytes, with whatever was in it before.
fn taken(bytes: usize) -> TractResult<Blob> {
    match CACHED.take().and_then(Arc::into_inner).filter(|kept| kept.len() >= bytes) {
        Some(kept) => Ok(kept),
        None => Blob::from_bytes_alignment(&vec![0; bytes], ALIGNMENT),
    }
}

impl Op for Panels {
    fn name(&self) -> StaticName {
        "Panels".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Panels {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = inputs[0].try_as_plain_ram()?;
        let packed: Box<dyn MMMInputValue> = Box::new(self.written(input.as_slice::<f32>()?)?);
        let shape: TVec<usize> = self.fact.shape.as_concrete().unwrap_or_default().into();
        let storage = PackedMatrixStorage::new_batched(&shape, tvec![packed]);
        Ok(tvec!(storage.into_tensor(f32::datum_type()).into_tvalue()))
    }
}

impl TypedOp for Panels {
    as_op!();

    fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(self.fact.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_hold_what_unfolding_and_packing_give() {
        for (height, width, kernel, stride, dilation) in [
            (9, 40, 3, 1, 1),
            (12, 50, 7, 4, 1),
            (8, 30, 3, 2, 1),
            (9, 21, 3, 1, 4),
            (1, 48, 1, 1, 1),
            (5, 3, 3, 1, 1),
        ] {
            let unfold = Im2col::square(2, [height, width], kernel, stride, dilation);
            let from: Vec<f32> = (1..=2 * height * width).map(|value| value as f32).collect();
            let (k, mn) = (unfold.covered(), unfold.places());
            let mut unfolded = vec![0.0; k * mn];
            unfold.copy(&from, &mut unfolded);
            for r in (1..=128).filter(|r| copy_of(*r).is_some()) {
                let panel = k * r + 5;
                let mut to = vec![f32::NAN; mn.div_ceil(r) * panel];
                fill(&unfold, r, &from, &mut to, panel).unwrap();
                for (place, row) in
                    (0..mn.next_multiple_of(r)).flat_map(|place| (0..k).map(move |row| (place, row)))
                {
                    let wanted = if place < mn { unfolded[row * mn + place] } else { 0.0 };
                    let found = to[place / r * panel + row * r + place % r];
                    assert_eq!(found, wanted, "{unfold:?}, panels of {r}: place {place}, input {row}");
                }
            }
        }
    }

    #[test]
    fn memory_is_lent_again_only_when_nobody_has_it() {
        let first = Arc::new(taken(1000).unwrap());
        let address = first.as_ptr();
        CACHED.set(Some(first.clone()));
        let second = taken(1000).unwrap();
        assert_ne!(second.as_ptr(), address);
        drop(first);
        let third = Arc::new(second);
        let address = third.as_ptr();
        CACHED.set(Some(third));
        assert_eq!(taken(500).unwrap().as_ptr(), address);
    }
}
