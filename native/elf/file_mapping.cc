#include "elf/file_mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "elf/error.h"

namespace greenify::elf {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(const std::string& path)
      // A FIFO must not make us wait for its writer.
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (fd_ < 0) throw Error(Fault::open_failed, path, "the file cannot be opened", errno);
  }
  ~FileDescriptor() { ::close(fd_); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  std::size_t regular_file_size(const std::string& path) const {
    struct stat status;
    if (::fstat(fd_, &status) != 0) {
      throw Error(Fault::open_failed, path, "the file cannot be examined", errno);
    }
    if (S_ISDIR(status.st_mode)) {
      throw Error(Fault::open_failed, path, "the path names a directory", EISDIR);
    }
    if (!S_ISREG(status.st_mode)) {
      throw Error(Fault::open_failed, path, "the path names no regular file", EINVAL);
    }
    return static_cast<std::size_t>(status.st_size);
  }

  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

FileMapping::FileMapping(const std::string& path) {
  const FileDescriptor file(path);
  size_ = file.regular_file_size(path);
  if (size_ == 0) return;
  address_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address_ == MAP_FAILED) {
    throw Error(Fault::open_failed, path, "the file cannot be mapped", errno);
  }
}

FileMapping::~FileMapping() {
  if (size_ != 0) ::munmap(address_, size_);
}

}  // namespace greenify::elf
