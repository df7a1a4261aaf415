#include "calls/green_calls.h"
#include "calls/original.h"
#include "calls/pages.h"
#include "calls/rows.h"
#include "calls/stream_scan.h"

namespace greenify::calls {
namespace {

// clang-format off
const Row kRows[] = {
    row("fread", Family::file, Strategy::offload, green_fread, &original.fread, kFread),
    alias("fread_unlocked", "fread", Family::file, Strategy::offload, green_fread_unlocked, &original.fread_unlocked, kFread),
    alias("__fread_chk", "fread", Family::file, Strategy::offload, green_fread_chk, &original.fread_chk, kFortified),
    alias("__fread_unlocked_chk", "fread", Family::file, Strategy::offload, green_fread_unlocked_chk, &original.fread_unlocked_chk, kFortified),
    row("fgets", Family::file, Strategy::offload, green_fgets, &original.fgets, kFgets),
    alias("fgets_unlocked", "fgets", Family::file, Strategy::offload, green_fgets_unlocked, &original.fgets_unlocked, kFgets),
    alias("__fgets_chk", "fgets", Family::file, Strategy::offload, green_fgets_chk, &original.fgets_chk, kFortified),
    alias("__fgets_unlocked_chk", "fgets", Family::file, Strategy::offload, green_fgets_unlocked_chk, &original.fgets_unlocked_chk, kFortified),
    row("gets", Family::file, Strategy::offload, green_gets, &original.gets, kGets),
    alias("__gets_chk", "gets", Family::file, Strategy::offload, green_gets_chk, &original.gets_chk, kFortified),
    row("getline", Family::file, Strategy::offload, green_getline, &original.getline, kGetline),
    row("getdelim", Family::file, Strategy::offload, green_getdelim, &original.getdelim, kGetline),
    alias("__getdelim", "getdelim", Family::file, Strategy::offload, green_getdelim, &original.getdelim, kGetline),
    row("fgetc", Family::file, Strategy::offload, green_fgetc, &original.fgetc, kFgetc),
    alias("getc", "fgetc", Family::file, Strategy::offload, green_fgetc, &original.fgetc, kFgetc),
    alias("_IO_getc", "fgetc", Family::file, Strategy::offload, green_fgetc, &original.fgetc, kFgetc),
    alias("fgetc_unlocked", "fgetc", Family::file, Strategy::offload, green_fgetc_unlocked, &original.fgetc_unlocked, kFgetc),
    alias("getc_unlocked", "fgetc", Family::file, Strategy::offload, green_fgetc_unlocked, &original.fgetc_unlocked, kFgetc),
    alias("__uflow", "fgetc", Family::file, Strategy::offload, green_uflow, &original.uflow, kFgetc),
    row("getchar", Family::file, Strategy::offload, green_getchar, &original.getchar, kGetchar),
    alias("getchar_unlocked", "getchar", Family::file, Strategy::offload, green_getchar_unlocked, &original.getchar_unlocked, kGetchar),
    row("getw", Family::file, Strategy::offload, green_getw, &original.getw, kGetw),
    row("fscanf", Family::file, Strategy::offload, green_fscanf<&Originals::vfscanf>, &original.fscanf, kFscanf),
    alias("__isoc99_fscanf", "fscanf", Family::file, Strategy::offload, green_fscanf<&Originals::isoc99_vfscanf>, &original.isoc99_fscanf, kFscanf),
    alias("__isoc23_fscanf", "fscanf", Family::file, Strategy::offload, green_fscanf<&Originals::isoc23_vfscanf>, &original.isoc23_fscanf, kFscanf),
    row("vfscanf", Family::file, Strategy::offload, green_vfscanf<&Originals::vfscanf>, &original.vfscanf, kFscanf),
    alias("__vfscanf", "vfscanf", Family::file, Strategy::offload, green_vfscanf<&Originals::vfscanf>, &original.vfscanf, kFscanf),
    alias("__isoc99_vfscanf", "vfscanf", Family::file, Strategy::offload, green_vfscanf<&Originals::isoc99_vfscanf>, &original.isoc99_vfscanf, kFscanf),
    alias("__isoc23_vfscanf", "vfscanf", Family::file, Strategy::offload, green_vfscanf<&Originals::isoc23_vfscanf>, &original.isoc23_vfscanf, kFscanf),
    row("scanf", Family::file, Strategy::offload, green_scanf<&Originals::vfscanf>, &original.scanf, kScanf),
    alias("__isoc99_scanf", "scanf", Family::file, Strategy::offload, green_scanf<&Originals::isoc99_vfscanf>, &original.isoc99_scanf, kScanf),
    alias("__isoc23_scanf", "scanf", Family::file, Strategy::offload, green_scanf<&Originals::isoc23_vfscanf>, &original.isoc23_scanf, kScanf),
    row("vscanf", Family::file, Strategy::offload, green_vscanf<&Originals::vfscanf>, &original.vscanf, kScanf),
    alias("__isoc99_vscanf", "vscanf", Family::file, Strategy::offload, green_vscanf<&Originals::isoc99_vfscanf>, &original.isoc99_vscanf, kScanf),
    alias("__isoc23_vscanf", "vscanf", Family::file, Strategy::offload, green_vscanf<&Originals::isoc23_vfscanf>, &original.isoc23_vscanf, kScanf),
    row("fwrite", Family::file, Strategy::offload, green_fwrite, &original.fwrite, kFwrite),
    alias("fwrite_unlocked", "fwrite", Family::file, Strategy::offload, green_fwrite_unlocked, &original.fwrite_unlocked, kFwrite),
    row("fputs", Family::file, Strategy::offload, green_fputs, &original.fputs, kFputs),
    alias("fputs_unlocked", "fputs", Family::file, Strategy::offload, green_fputs_unlocked, &original.fputs_unlocked, kFputs),
    row("puts", Family::file, Strategy::offload, green_puts, &original.puts, kPuts),
    row("fputc", Family::file, Strategy::offload, green_fputc, &original.fputc, kFputc),
    alias("putc", "fputc", Family::file, Strategy::offload, green_fputc, &original.fputc, kFputc),
    alias("_IO_putc", "fputc", Family::file, Strategy::offload, green_fputc, &original.fputc, kFputc),
    alias("fputc_unlocked", "fputc", Family::file, Strategy::offload, green_fputc_unlocked, &original.fputc_unlocked, kFputc),
    alias("putc_unlocked", "fputc", Family::file, Strategy::offload, green_fputc_unlocked, &original.fputc_unlocked, kFputc),
    alias("__overflow", "fputc", Family::file, Strategy::offload, green_overflow, &original.overflow, kFputc),
    row("putchar", Family::file, Strategy::offload, green_putchar, &original.putchar, kPuts),
    alias("putchar_unlocked", "putchar", Family::file, Strategy::offload, green_putchar_unlocked, &original.putchar_unlocked, kPuts),
    row("putw", Family::file, Strategy::offload, green_putw, &original.putw, kPutw),
    row("fprintf", Family::file, Strategy::offload, green_fprintf, &original.fprintf, kFprintf),
    alias("__fprintf_chk", "fprintf", Family::file, Strategy::offload, green_fprintf_chk, &original.fprintf_chk, kFprintf),
    row("vfprintf", Family::file, Strategy::offload, green_vfprintf, &original.vfprintf, kFprintf),
    alias("__vfprintf_chk", "vfprintf", Family::file, Strategy::offload, green_vfprintf_chk, &original.vfprintf_chk, kFprintf),
    row("printf", Family::file, Strategy::offload, green_printf, &original.printf, kPrintf),
    alias("__printf_chk", "printf", Family::file, Strategy::offload, green_printf_chk, &original.printf_chk, kPrintf),
    row("vprintf", Family::file, Strategy::offload, green_vprintf, &original.vprintf, kPrintf),
    alias("__vprintf_chk", "vprintf", Family::file, Strategy::offload, green_vprintf_chk, &original.vprintf_chk, kPrintf),
    row("dprintf", Family::file, Strategy::offload, green_dprintf, &original.dprintf, kDprintf),
    alias("__dprintf_chk", "dprintf", Family::file, Strategy::offload, green_dprintf_chk, &original.dprintf_chk, kDprintf),
    row("vdprintf", Family::file, Strategy::offload, green_vdprintf, &original.vdprintf, kDprintf),
    alias("__vdprintf_chk", "vdprintf", Family::file, Strategy::offload, green_vdprintf_chk, &original.vdprintf_chk, kDprintf),
    row("fflush", Family::file, Strategy::offload, green_fflush, &original.fflush, kFflush),
    alias("fflush_unlocked", "fflush", Family::file, Strategy::offload, green_fflush_unlocked, &original.fflush_unlocked, kFflush),
    row("fopen", Family::file, Strategy::offload, green_fopen, &original.fopen, kFopen),
    alias("fopen64", "fopen", Family::file, Strategy::offload, green_fopen, &original.fopen, kFopen),
    row("freopen", Family::file, Strategy::offload, green_freopen, &original.freopen, kFreopen),
    alias("freopen64", "freopen", Family::file, Strategy::offload, green_freopen, &original.freopen, kFreopen),
    row("fclose", Family::file, Strategy::offload, green_fclose, &original.fclose, kFclose),
    row("fseek", Family::file, Strategy::offload, green_fseek, &original.fseek, kFseek),
    row("fseeko", Family::file, Strategy::offload, green_fseeko, &original.fseeko, kFseek),
    alias("fseeko64", "fseeko", Family::file, Strategy::offload, green_fseeko, &original.fseeko, kFseek),
    row("fsetpos", Family::file, Strategy::offload, green_fsetpos, &original.fsetpos, kFseek),
    alias("fsetpos64", "fsetpos", Family::file, Strategy::offload, green_fsetpos, &original.fsetpos, kFseek),
    row("rewind", Family::file, Strategy::offload, green_rewind, &original.rewind, kFseek),
    row("flockfile", Family::lock, Strategy::lock, green_flockfile, &original.flockfile, kFlockfile),
    alias("_IO_flockfile", "flockfile", Family::lock, Strategy::lock, green_flockfile, &original.flockfile, kFlockfile),
    row("ftrylockfile", Family::lock, Strategy::lock, green_ftrylockfile, &original.ftrylockfile, kFtrylockfile),
    alias("_IO_ftrylockfile", "ftrylockfile", Family::lock, Strategy::lock, green_ftrylockfile, &original.ftrylockfile, kFtrylockfile),
    row("funlockfile", Family::lock, Strategy::waker, green_funlockfile, &original.funlockfile, kFunlockfile),
    alias("_IO_funlockfile", "funlockfile", Family::lock, Strategy::waker, green_funlockfile, &original.funlockfile, kFunlockfile),
};
// clang-format on

}  // namespace

std::span<const Row> stream_rows() {
  return kRows;
}

}  // namespace greenify::calls
