#include "elf/support.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace greenify::elf::test {

std::string fixture(const std::string& name) {
  return ELF_FIXTURES "/lib" + name + ".so";
}

ssize_t fake_read(int, void*, std::size_t) {
  return replaced_read;
}
ssize_t other_fake_read(int, void*, std::size_t) {
  return replaced_read + 1;
}
int fake_poll(pollfd*, nfds_t, int) {
  return replaced_poll;
}

namespace {

struct WritableSegments {
  const link_map* map;
  std::vector<std::byte> bytes;
};

int append_writable(dl_phdr_info* info, std::size_t, void* data) {
  auto& wanted = *static_cast<WritableSegments*>(data);
  if (info->dlpi_addr != wanted.map->l_addr) return 0;
  for (const ElfW(Phdr) & header : std::span(info->dlpi_phdr, info->dlpi_phnum)) {
    if (header.p_type != PT_LOAD || (header.p_flags & PF_W) == 0) continue;
    const auto* begin = reinterpret_cast<const std::byte*>(info->dlpi_addr + header.p_vaddr);
    wanted.bytes.insert(wanted.bytes.end(), begin, begin + header.p_memsz);
  }
  return 1;
}

}  // namespace

std::size_t page_size() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::vector<std::byte> writable_segments(const link_map* map) {
  WritableSegments wanted{map, {}};
  dl_iterate_phdr(append_writable, &wanted);
  return wanted.bytes;
}

std::string mappings_of(const std::string& path) {
  std::ifstream maps("/proc/self/maps");
  std::string line;
  std::string found;
  while (std::getline(maps, line)) {
    if (line.ends_with(path)) found += line + '\n';
  }
  return found;
}

std::vector<std::byte> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

int run_in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool forbid_mprotect(int protection) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(protection), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{static_cast<unsigned short>(std::size(program)), program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TemporaryFile::TemporaryFile(const std::vector<std::byte>& bytes)
    : path_("/tmp/greenify-elf-XXXXXX") {
  const int fd = ::mkstemp(path_.data());
  const ssize_t written = ::write(fd, bytes.data(), bytes.size());
  ::close(fd);
  if (written != static_cast<ssize_t>(bytes.size())) throw std::runtime_error("short write");
}

TemporaryFile::~TemporaryFile() {
  ::unlink(path_.c_str());
}

UnrelocatedObject::UnrelocatedObject(const std::string& path) : path_(path) {
  const std::vector<std::byte> file = read_file(path);
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  headers_.resize(header.e_phnum);
  std::memcpy(headers_.data(), file.data() + header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr));

  std::uintptr_t lowest = UINTPTR_MAX;
  for (const Elf64_Phdr& segment : headers_) {
    if (segment.p_type != PT_LOAD) continue;
    lowest = std::min<std::uintptr_t>(lowest, segment.p_vaddr & ~(page_size() - 1));
    size_ = std::max<std::size_t>(size_, segment.p_vaddr + segment.p_memsz);
  }
  size_ -= lowest;
  memory_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory_ == MAP_FAILED) throw std::runtime_error("mmap");
  base_ = reinterpret_cast<std::uintptr_t>(memory_) - lowest;
  for (const Elf64_Phdr& segment : headers_) {
    if (segment.p_type != PT_LOAD) continue;
    std::memcpy(reinterpret_cast<void*>(base_ + segment.p_vaddr), file.data() + segment.p_offset,
                segment.p_filesz);
  }
}

UnrelocatedObject::~UnrelocatedObject() {
  ::munmap(memory_, size_);
}

}  // namespace greenify::elf::test
