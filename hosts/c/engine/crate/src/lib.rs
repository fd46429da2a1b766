//! Wasmtime's C API as a static library, re-exported so that the linker keeps its symbols, plus
//! the few settings that version 48 offers in Rust and not in C. `engine_shim.h` beside this
//! crate declares them for the host.
use wasmtime_c_api::wasmtime::{Collector, Config, Enabled, PoolingAllocationConfig};
pub use wasmtime_c_api::*;

// Both C types are #[repr(C)] structs with one field, the Rust value.
const _: () = assert!(size_of::<wasm_config_t>() == size_of::<Config>());
const _: () =
    assert!(size_of::<wasmtime_pooling_allocation_config_t>() == size_of::<PoolingAllocationConfig>());

/// The copying collector, with a heap that starts at `initial_bytes` instead of growing step by
/// step from nothing in each new store.
///
/// # Safety
/// `config` comes from `wasm_config_new` and is not used elsewhere meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mocket_engine_config_gc(config: *mut wasm_config_t, initial_bytes: u64) {
    let config = unsafe { &mut *(config as *mut Config) };
    config.collector(Collector::Copying);
    config.gc_heap_initial_size(initial_bytes);
}

/// Reset only the pages that a guest has written (Linux 6.7 and later; elsewhere nothing changes).
///
/// # Safety
/// `pool` comes from `wasmtime_pooling_allocation_config_new` and is not used elsewhere meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mocket_engine_pool_pagemap_scan(
    pool: *mut wasmtime_pooling_allocation_config_t,
) {
    let pool = unsafe { &mut *(pool as *mut PoolingAllocationConfig) };
    pool.pagemap_scan(Enabled::Auto);
}
