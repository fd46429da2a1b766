# The environment and the file system of MoonBit's core library, where nothing is found: strings cross as external
# references, which are all null here, and reading a string ends at once. The same functions as hosts/c/guest/moonbit.c.

	.macro	inert name, params, results, value
	.section	.text.fs_\name,"",@
	.globl	fs_\name
	.hidden	fs_\name
	.type	fs_\name,@function
	.export_name	fs_\name, __moonbit_fs_unstable.\name
fs_\name:
	.functype	fs_\name (\params) -> (\results)
	\value
	end_function
	.endm

	inert	begin_create_string, , externref, "ref.null_extern"
	inert	string_append_char, "externref, i32", ,
	inert	finish_create_string, externref, externref, "ref.null_extern"
	inert	begin_read_string, externref, externref, "ref.null_extern"
	inert	string_read_char, externref, i32, "i32.const -1"
	inert	finish_read_string, externref, ,
	inert	get_env_var_exists, externref, i32, "i32.const 0"
	inert	get_env_var, externref, externref, "ref.null_extern"
