//! One template and its data, set as PDF: no file of the machine, no font of the machine, no clock.

use std::sync::OnceLock;

use serde::Serialize;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_pdf::PdfOptions;

/// Compilations after which what typst remembers of earlier ones is forgotten.
const REMEMBERED: usize = 4;

/// Why a document could not be set: a fault of a template.
#[derive(Debug, thiserror::Error)]
#[error("the document could not be set: {0}")]
pub struct PrintError(String);

/// A template with the files it may read.
pub(crate) struct Document {
    main: Source,
    files: Vec<(FileId, Bytes)>,
}

impl Document {
    /// The template reads `data` as `data.json`.
    pub(crate) fn new(template: &str, data: &impl Serialize) -> Result<Self, PrintError> {
        let data = serde_json::to_vec(data).map_err(|error| PrintError(error.to_string()))?;
        let main = Source::new(file("main.typ")?, template.to_owned());
        Ok(Self { main, files: vec![(file("data.json")?, Bytes::new(data))] })
    }

    /// With a picture that the template names.
    pub(crate) fn with_picture(mut self, name: &str, svg: String) -> Result<Self, PrintError> {
        self.files.push((file(name)?, Bytes::from_string(svg)));
        Ok(self)
    }

    /// The document as PDF.
    pub(crate) fn pdf(&self) -> Result<Vec<u8>, PrintError> {
        let set = typst::compile(self).output.map_err(|errors| faults(&errors))?;
        let pdf = typst_pdf::pdf(&set, &PdfOptions::default()).map_err(|errors| faults(&errors))?;
        typst::comemo::evict(REMEMBERED);
        Ok(pdf)
    }
}

fn faults(errors: &[typst::diag::SourceDiagnostic]) -> PrintError {
    let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    PrintError(messages.join("; "))
}

fn file(name: &str) -> Result<FileId, PrintError> {
    let path = VirtualPath::new(name).map_err(|_| PrintError(format!("{name} is no name of a file")))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// What all documents share.
struct Shared {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let fonts: Vec<Font> = typst_assets::fonts().flat_map(|font| Font::iter(Bytes::new(font))).collect();
        Shared {
            library: LazyHash::new(<Library as LibraryExt>::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
        }
    })
}

impl World for Document {
    fn library(&self) -> &LazyHash<Library> {
        &shared().library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &shared().book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let found = self.files.iter().find(|(known, _)| *known == id);
        found.map(|(_, bytes)| bytes.clone()).ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        shared().fonts.get(index).cloned()
    }

    /// The same document gives the same bytes on every day.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
