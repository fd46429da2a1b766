name = "mocket/reference"

version = "0.1.0"

license = "Apache-2.0"

description = "A small framework with Mocket's names, to build and test the WebAssembly backend without upstream."
