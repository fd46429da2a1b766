//! Wasmtime's C API as a static library, re-exported so that the linker keeps its symbols, plus
//! the few settings that version 48 offers in Rust and not in C. `engine_shim.h` beside this
//! crate declares them for the host.
use addr2line::gimli::{self, EndianSlice, LittleEndian};
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wasmtime_c_api::wasmtime::{
    Collector, Config, Enabled, Error, ExternRef, PoolingAllocationConfig, ResourceLimiter, Result, RootScope,
    WasmBacktraceDetails,
};
pub use wasmtime_c_api::*;

// The C types are #[repr(C)] structs with one field, the Rust value.
const _: () = assert!(size_of::<wasm_config_t>() == size_of::<Config>());
const _: () =
    assert!(size_of::<wasmtime_pooling_allocation_config_t>() == size_of::<PoolingAllocationConfig>());
const _: () = assert!(size_of::<wasmtime_store_t>() == size_of::<WasmtimeStore>());

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

/// Backtraces without the engine's own reading of DWARF, whatever WASMTIME_BACKTRACE_DETAILS is in the environment.
///
/// # Safety
/// `config` comes from `wasm_config_new` and is not used elsewhere meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mocket_engine_config_plain_traces(config: *mut wasm_config_t) {
    let config = unsafe { &mut *(config as *mut Config) };
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
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

/// What a store may have; `engine_shim.h` has the same.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct mocket_engine_limits {
    bytes: usize,
    table_elements: usize,
    instances: usize,
    tables: usize,
    memories: usize,
    /// Asked before memory or heap grows by so many bytes; with a number below zero it is told that they did not.
    growing: Option<unsafe extern "C" fn(data: *mut c_void, bytes: i64) -> bool>,
    data: usize, // the same as a pointer, which could not be sent between threads
}

impl mocket_engine_limits {
    fn may_grow(&self, bytes: i64) -> bool {
        self.growing.is_none_or(|ask| unsafe { ask(self.data as *mut c_void, bytes) })
    }
}

/// One sum over a store's linear memories and its GC heap. The C API's own limiter bounds each of them.
struct Limiter {
    most: mocket_engine_limits,
    bytes: usize,
    /// Of the growth that was allowed last. A failure is always that one's: only memories with pages of another size
    /// than 64 KiB, which the host refuses, report failures that they did not ask for before.
    growing: usize,
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        let more = desired.saturating_sub(current);
        let fits = more <= self.most.bytes.saturating_sub(self.bytes) && self.most.may_grow(more as i64);
        self.growing = if fits { more } else { 0 };
        self.bytes += self.growing;
        Ok(fits)
    }

    fn memory_grow_failed(&mut self, _: Error) -> Result<()> {
        let more = std::mem::take(&mut self.growing);
        self.bytes -= more;
        if more > 0 {
            self.most.may_grow(-(more as i64));
        }
        Ok(())
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        Ok(desired <= self.most.table_elements)
    }

    fn instances(&self) -> usize {
        self.most.instances
    }

    fn tables(&self) -> usize {
        self.most.tables
    }

    fn memories(&self) -> usize {
        self.most.memories
    }
}

/// A limiter outside the store's data, which is the C API's and has no room for one.
struct Place(*mut Limiter);
// It is reached through its store alone, which one thread uses at a time.
unsafe impl Send for Place {}
unsafe impl Sync for Place {}

impl Drop for Place {
    fn drop(&mut self) {
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// Instead of `wasmtime_store_limiter`: `bytes` bounds the sum of linear memories and GC heap.
///
/// # Safety
/// `store` comes from `wasmtime_store_new`; nothing has been made in it yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mocket_engine_store_limit(store: *mut wasmtime_store_t, most: &mocket_engine_limits) {
    let store = unsafe { &mut *(store as *mut WasmtimeStore) };
    let limiter = Limiter { most: *most, bytes: 0, growing: 0 };
    let place = Place(Box::into_raw(Box::new(limiter)));
    store.limiter(move |_| {
        let place = &place; // all of it is moved in here, and dropped with the store
        unsafe { &mut *place.0 }
    });
}

/// Bytes of the store's GC heap; 0 while it has none.
///
/// # Safety
/// `store` comes from `wasmtime_store_new`. A call in it may be suspended, not running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mocket_engine_store_heap(store: *const wasmtime_store_t) -> usize {
    unsafe { &*(store as *const WasmtimeStore) }.gc_heap_capacity()
}

/// An object of the host in a store's GC heap that nothing refers to: the next collection drops it, and so tells that it
/// happened. The engine has no hook for that.
struct Canary(Arc<AtomicBool>);

impl Drop for Canary {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Tells whether there were collections since the last time. `mocket_engine_watch_*` are its life.
pub struct Watch {
    dropped: Arc<AtomicBool>,
}

#[unsafe(no_mangle)]
pub extern "C" fn mocket_engine_watch_new() -> Box<Watch> {
    Box::new(Watch { dropped: Arc::new(AtomicBool::new(true)) })
}

#[unsafe(no_mangle)]
pub extern "C" fn mocket_engine_watch_delete(_: Option<Box<Watch>>) {}

/// Whether there was at least one collection since this answered true, or was first called.
///
/// # Safety
/// `store` comes from `wasmtime_store_new`, it has a GC heap, and no call is under way in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mocket_engine_watch_collected(
    watch: &mut Watch,
    store: *mut wasmtime_store_t,
) -> bool {
    if !watch.dropped.load(Ordering::Relaxed) {
        return false;
    }
    let store = unsafe { &mut *(store as *mut WasmtimeStore) };
    watch.dropped.store(false, Ordering::Relaxed);
    // Where there is no room for it, the canary is dropped at once: that is a collection too.
    let _ = ExternRef::new(RootScope::new(store), Canary(watch.dropped.clone()));
    true
}

// ---- Source lines ----

/// A row of the table of source lines: from this offset of the file on, code is of that line. `file` is an offset in the
/// texts behind the rows, line 0 means that nothing is known.
struct Row {
    begin: u32,
    file: u32,
    line: u32,
}

/// Bytes before the first instruction of a function that belong to it: its size and its locals. Engines report traps of
/// the first instruction there.
const FUNCTION_HEAD: u32 = 16;

/// Ranges of code, (begin, end, file, line), and the names of the files with a NUL behind each.
fn read_lines(wasm: &[u8]) -> Option<(Vec<(u32, u32, u32, u32)>, Vec<u8>)> {
    let mut sections = HashMap::new();
    let mut code = 0..0;
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        match payload.ok()? {
            wasmparser::Payload::CodeSectionStart { range, .. } => code = range,
            wasmparser::Payload::CustomSection(section) => {
                sections.insert(section.name(), section.data());
            }
            _ => {}
        }
    }
    let dwarf = gimli::Dwarf::load(|id| -> std::result::Result<_, gimli::Error> {
        Ok(EndianSlice::new(sections.get(id.name()).copied().unwrap_or(&[]), LittleEndian))
    });
    let context = addr2line::Context::from_dwarf(dwarf.ok()?).ok()?;
    let start = code.start as u32;
    let (mut ranges, mut texts, mut known) = (Vec::new(), Vec::new(), HashMap::new());
    for (address, len, place) in context.find_location_range(0, code.len() as u64).ok()? {
        let begin = start.saturating_add(address as u32);
        let end = begin.saturating_add(len as u32);
        let (Some(file), Some(line)) = (place.file, place.line) else {
            ranges.push((begin, end, 0, 0));
            continue;
        };
        let file = *known.entry(file.to_owned()).or_insert_with(|| {
            let at = texts.len() as u32;
            texts.extend(file.bytes().filter(|byte| *byte != 0));
            texts.push(0);
            at
        });
        ranges.push((begin, end, file, line));
    }
    ranges.sort();
    Some((ranges, texts))
}

/// The rows of sorted ranges: each holds until the next one.
fn rows_of(ranges: &[(u32, u32, u32, u32)]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut push = |begin, file, line| match rows.last() {
        Some(last) if last.file == file && last.line == line => {}
        _ => rows.push(Row { begin, file, line }),
    };
    let mut at = 0;
    for &(begin, end, file, line) in ranges {
        if end <= at {
            continue;
        }
        if begin > at.saturating_add(FUNCTION_HEAD) {
            push(at, 0, 0);
            at = begin;
        }
        push(at, file, line);
        at = end;
    }
    push(at, 0, 0);
    rows
}

/// Writes the table of source lines of a module that has DWARF, in the form that `wasmtime_lines.c` reads: the number of
/// rows, the rows, the texts. Nothing, where there is no DWARF or the table would be larger than `most` bytes.
///
/// # Safety
/// `wasm` has `len` bytes; `out` is to be deleted with `wasm_byte_vec_delete`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mocket_engine_lines(wasm: *const u8, len: usize, most: usize, out: &mut wasm_byte_vec_t) {
    let wasm = unsafe { std::slice::from_raw_parts(wasm, len) };
    let mut bytes = Vec::new();
    if let Some((ranges, texts)) = read_lines(wasm) {
        let rows = rows_of(&ranges);
        if !texts.is_empty() && 4 + 12 * rows.len() + texts.len() <= most {
            bytes.extend((rows.len() as u32).to_le_bytes());
            for row in rows {
                bytes.extend([row.begin, row.file, row.line].iter().flat_map(|word| word.to_le_bytes()));
            }
            bytes.extend(texts);
        }
    }
    out.set_buffer(bytes);
}
