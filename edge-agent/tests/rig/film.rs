//! A network camera: motion JPEG over HTTP on a real socket, which can stall, hang up, and come back.

use std::io::{Cursor, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use boomgate_plate_reader::scene::{Light, SceneRenderer, View};
use image::ImageFormat;

const BETWEEN: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Plays,
    /// Connections stay, and nothing comes.
    Stalls,
    /// Connections are closed, old and new.
    HangsUp,
}

pub struct Film {
    pub port: u16,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    state: State,
    frames: Vec<Vec<u8>>,
    requests: usize,
}

impl Film {
    /// Plays a lane with a car before the camera.
    pub fn of(plate: &str) -> Film {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Mutex::new(Shared { state: State::Plays, frames: drawn(plate), requests: 0 }));
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&theirs);
                shared.lock().unwrap().requests += 1;
                std::thread::spawn(move || play(stream, &shared));
            }
        });
        Film { port, shared }
    }

    pub fn url(&self) -> String {
        format!("http://user:secret@127.0.0.1:{}/stream.mjpg", self.port)
    }

    pub fn set(&self, state: State) {
        self.shared.lock().unwrap().state = state;
    }

    pub fn show(&self, plate: &str) {
        self.shared.lock().unwrap().frames = drawn(plate);
    }

    /// How often somebody connected.
    pub fn requests(&self) -> usize {
        self.shared.lock().unwrap().requests
    }
}

fn drawn(plate: &str) -> Vec<Vec<u8>> {
    let scene = SceneRenderer::new();
    let view = |frame| View { plate: plate.into(), country: "SK".into(), light: Light::Day, seed: 5, frame };
    (0..6).map(|frame| jpeg(&scene.draw(&view(frame)))).collect()
}

pub fn jpeg(picture: &image::RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// Until the other side goes or the film hangs up.
fn play(mut stream: TcpStream, shared: &Mutex<Shared>) {
    let _ = stream.read(&mut [0; 4096]);
    let head = "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n";
    for number in 0.. {
        let (state, frame) = {
            let shared = shared.lock().unwrap();
            (shared.state, shared.frames[number % shared.frames.len()].clone())
        };
        let part = format!("--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", frame.len());
        let sent = match state {
            State::HangsUp => return,
            State::Stalls => Ok(()),
            State::Plays if number == 0 => stream.write_all(head.as_bytes()),
            State::Plays => {
                [part.as_bytes(), &frame, b"\r\n"].iter().try_for_each(|bytes| stream.write_all(bytes))
            }
        };
        if sent.is_err() {
            return;
        }
        std::thread::sleep(BETWEEN);
    }
}
