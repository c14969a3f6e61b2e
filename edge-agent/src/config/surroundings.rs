//! What a file needs of its machine: files, and features built in.

use super::fault::Fault;
use super::settings::{CameraKind, Config, GpioKind};

impl Config {
    /// What this machine and this build lack for the file.
    pub fn surroundings(&self) -> Vec<Fault> {
        let fault = |path: &str, what: String| Fault { path: path.to_owned(), what };
        let files = [
            ("server.ca", Some(&self.server.ca)),
            ("server.cert", Some(&self.server.cert)),
            ("server.key", Some(&self.server.key)),
            ("server.sign_key", Some(&self.server.sign_key)),
            ("reader.detector", self.reader.models.detector.as_ref()),
            ("reader.refiner", self.reader.models.refiner.as_ref()),
            ("reader.reader", self.reader.models.readers.first()),
            ("reader.reader_config", self.reader.models.reader_config.as_ref()),
        ];
        let mut faults: Vec<Fault> = files
            .iter()
            .filter_map(|(path, file)| Some((path, (*file)?)))
            .filter(|(_, file)| !file.is_file())
            .map(|(path, file)| fault(path, format!("there is no file {}", file.display())))
            .collect();
        match &self.camera {
            CameraKind::OpenCv(_) if !cfg!(feature = "opencv") => faults.push(fault(
                "camera.kind",
                "this program was built without OpenCV; build it with the feature opencv, or use folder"
                    .into(),
            )),
            CameraKind::Folder(path) if !path.exists() => {
                faults.push(fault("camera.source", format!("there is no {}", path.display())));
            }
            CameraKind::OpenCv(_) | CameraKind::Folder(_) | CameraKind::Sim => {}
        }
        if matches!(self.gpio, GpioKind::Pi(_)) && !cfg!(feature = "rppal") {
            let what =
                "this program was built without GPIO; build it with the feature rppal on a Raspberry Pi";
            faults.push(fault("gpio.kind", what.into()));
        }
        faults
    }
}
