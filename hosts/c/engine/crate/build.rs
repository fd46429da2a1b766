// wasmtime-c-api-impl has `links = "wasmtime-c-api"` and prints cargo:include=DIR, which reaches a
// direct dependent as DEP_WASMTIME_C_API_INCLUDE. Copy that tree to MOCKET_ENGINE_INCLUDE.
use std::{env, fs, path::Path};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=DEP_WASMTIME_C_API_INCLUDE");
    println!("cargo:rerun-if-env-changed=MOCKET_ENGINE_INCLUDE");
    let include = env::var("DEP_WASMTIME_C_API_INCLUDE").unwrap();
    if let Ok(target) = env::var("MOCKET_ENGINE_INCLUDE") {
        copy(Path::new(&include), Path::new(&target));
    }
}
