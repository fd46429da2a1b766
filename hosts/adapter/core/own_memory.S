# For an adapter with a memory of its own, in a component: bytes of the app are reached by calls of the module `peek`,
# which imports the app's memory. 32 bytes cross in a call, as four i64. Engines compile these calls well; copies between
# two memories of one module would be shorter, but not every engine has them.

	.functype	peek_size () -> (i32)
	.import_module	peek_size, peek
	.import_name	peek_size, size
	.functype	peek_get (i32) -> (i64, i64, i64, i64)
	.import_module	peek_get, peek
	.import_name	peek_get, get
	.functype	peek_put (i32, i64, i64, i64, i64) -> ()
	.import_module	peek_put, peek
	.import_name	peek_put, put
	.functype	peek_get1 (i32) -> (i32)
	.import_module	peek_get1, peek
	.import_name	peek_get1, get1
	.functype	peek_put1 (i32, i32) -> ()
	.import_module	peek_put1, peek
	.import_name	peek_put1, put1

# bool app_fits(uint32_t at, size_t len): len == 0, or at + len <= pages << 16, in 64 bits
	.section	.text.app_fits,"",@
	.globl	app_fits
	.hidden	app_fits
	.type	app_fits,@function
app_fits:
	.functype	app_fits (i32, i32) -> (i32)
	local.get	1
	i32.eqz
	local.get	0
	i64.extend_i32_u
	local.get	1
	i64.extend_i32_u
	i64.add
	call	peek_size
	i64.extend_i32_u
	i64.const	16
	i64.shl
	i64.le_u
	i32.or
	end_function

# void app_load(void *to, uint32_t at, size_t len)
	.section	.text.app_load,"",@
	.globl	app_load
	.hidden	app_load
	.type	app_load,@function
app_load:
	.functype	app_load (i32, i32, i32) -> ()
	.local	i64, i64, i64, i64
	block
	loop
	local.get	2
	i32.const	32
	i32.lt_u
	br_if	1
	local.get	1
	call	peek_get
	local.set	6
	local.set	5
	local.set	4
	local.set	3
	local.get	0
	local.get	3
	i64.store	0:p2align=0
	local.get	0
	local.get	4
	i64.store	8:p2align=0
	local.get	0
	local.get	5
	i64.store	16:p2align=0
	local.get	0
	local.get	6
	i64.store	24:p2align=0
	local.get	0
	i32.const	32
	i32.add
	local.set	0
	local.get	1
	i32.const	32
	i32.add
	local.set	1
	local.get	2
	i32.const	32
	i32.sub
	local.set	2
	br	0
	end_loop
	end_block
	block
	loop
	local.get	2
	i32.eqz
	br_if	1
	local.get	0
	local.get	1
	call	peek_get1
	i32.store8	0
	local.get	0
	i32.const	1
	i32.add
	local.set	0
	local.get	1
	i32.const	1
	i32.add
	local.set	1
	local.get	2
	i32.const	1
	i32.sub
	local.set	2
	br	0
	end_loop
	end_block
	end_function

# void app_store(uint32_t at, const void *from, size_t len)
	.section	.text.app_store,"",@
	.globl	app_store
	.hidden	app_store
	.type	app_store,@function
app_store:
	.functype	app_store (i32, i32, i32) -> ()
	block
	loop
	local.get	2
	i32.const	32
	i32.lt_u
	br_if	1
	local.get	0
	local.get	1
	i64.load	0:p2align=0
	local.get	1
	i64.load	8:p2align=0
	local.get	1
	i64.load	16:p2align=0
	local.get	1
	i64.load	24:p2align=0
	call	peek_put
	local.get	0
	i32.const	32
	i32.add
	local.set	0
	local.get	1
	i32.const	32
	i32.add
	local.set	1
	local.get	2
	i32.const	32
	i32.sub
	local.set	2
	br	0
	end_loop
	end_block
	block
	loop
	local.get	2
	i32.eqz
	br_if	1
	local.get	0
	local.get	1
	i32.load8_u	0
	call	peek_put1
	local.get	0
	i32.const	1
	i32.add
	local.set	0
	local.get	1
	i32.const	1
	i32.add
	local.set	1
	local.get	2
	i32.const	1
	i32.sub
	local.set	2
	br	0
	end_loop
	end_block
	end_function
