#include "addon/thread_locals.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "elf/objects.h"
#include "elf/parts.h"
#include "green/loop_thread.h"

// ELF Handling For Thread-Local Storage, 3.4: gives the calling thread's, allocated if need be.
struct TlsIndex {
  size_t module;
  size_t offset;
};
extern "C" void* __tls_get_addr(TlsIndex* index);

namespace greenify::addon {
namespace {

using Bytes = std::vector<std::byte>;

// The storage of finished green threads: what is allocated in it is used again by others, as a
// kernel thread of a pool does, because only the end of the kernel thread frees it.
using Spares = std::vector<Bytes>;

// What one context has in its storage, while others run. Owner: the context.
struct Kept final : green::ForeignCalls {
  Kept(Bytes content, std::weak_ptr<Spares> where)
      : bytes(std::move(content)), spares(std::move(where)) {}
  ~Kept() override {
    const std::shared_ptr<Spares> pool = spares.lock();
    if (pool != nullptr && !bytes.empty()) pool->push_back(std::move(bytes));
  }

  Bytes bytes;
  const std::weak_ptr<Spares> spares;
};

// Plain memory at one address for as long as the object is mapped: what it holds is exchanged at
// each switch. Nothing outside of it is changed, so whatever it refers to stays where it is.
class ThreadLocals final : public green::ForeignStack {
 public:
  explicit ThreadLocals(const elf::Parts& parts)
      : initial_(parts.thread_local_size), module_(parts.thread_local_module) {
    const auto [begin, end] = parts.thread_local_image;
    std::copy_n(reinterpret_cast<const std::byte*>(begin), end - begin, initial_.data());
    TlsIndex index{module_, 0};
    block_ = __tls_get_addr(&index);
    green::LoopThread::here()->foreign().add(*this);
  }
  ~ThreadLocals() override {
    green::LoopThread* loop = green::LoopThread::here();
    if (loop != nullptr) loop->foreign().remove(*this);
  }

  bool is_of(size_t module) const { return module_ == module; }

  // Whether there is something to exchange: what has never been used may be left in place, unless
  // there is a spare for whoever comes next.
  bool in_call() const override {
    return !spares_->empty() || std::memcmp(block_, initial_.data(), initial_.size()) != 0;
  }
  bool holds(const void*) const override { return false; }
  bool can_leave(const green::Stack&, const void*) override { return true; }

  std::shared_ptr<green::ForeignCalls> take() override {
    const auto* const content = static_cast<const std::byte*>(block_);
    return std::make_shared<Kept>(Bytes(content, content + initial_.size()), spares_);
  }

  bool put(std::shared_ptr<green::ForeignCalls> calls) override {
    auto* const kept = static_cast<Kept*>(calls.get());
    const Bytes content = kept != nullptr ? std::exchange(kept->bytes, {}) : spare();
    std::memcpy(block_, content.data(), content.size());
    return true;
  }

 private:
  Bytes spare() {
    if (spares_->empty()) return initial_;
    Bytes bytes = std::move(spares_->back());
    spares_->pop_back();
    return bytes;
  }

  Bytes initial_;
  size_t module_;
  void* block_;
  std::shared_ptr<Spares> spares_ = std::make_shared<Spares>();
};

// Of this kernel thread.
thread_local std::vector<std::unique_ptr<ThreadLocals>> kept_here;

}  // namespace

void keep_thread_locals(const std::string& path) {
  const link_map* map = elf::find_by_path(path);
  if (map == nullptr || green::LoopThread::here() == nullptr) return;
  const elf::Parts parts = elf::parts_of(map->l_addr);
  if (parts.thread_local_size == 0) return;
  const bool known = std::ranges::any_of(
      kept_here, [&](const auto& kept) { return kept->is_of(parts.thread_local_module); });
  if (!known) kept_here.push_back(std::make_unique<ThreadLocals>(parts));
}

}  // namespace greenify::addon
