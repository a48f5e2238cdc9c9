/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* flipper.h: a number in the caller's own memory that another thread changes all the time, as no thread may. */
#ifndef DRYSTONE_TESTS_SUPPORT_FLIPPER_H
#define DRYSTONE_TESTS_SUPPORT_FLIPPER_H

#include <thread>

namespace support {

/** Changes `*number` between what it is and `other`, from the end of its making until it goes; then it is what it was. */
template <class Number>
class Flipper {
 public:
  Flipper(Number *number, Number other) : thread_([this, number, other, own = *number] {
    while (!__atomic_load_n(&stop_, __ATOMIC_RELAXED)) {
      __atomic_store_n(number, other, __ATOMIC_RELAXED);
      __atomic_store_n(number, own, __ATOMIC_RELAXED);
      __atomic_store_n(&started_, true, __ATOMIC_RELAXED);
    }
  }) {
    while (!__atomic_load_n(&started_, __ATOMIC_RELAXED)) std::this_thread::yield();
  }
  ~Flipper() {
    __atomic_store_n(&stop_, true, __ATOMIC_RELAXED);
    thread_.join();
  }
  Flipper(const Flipper &) = delete;
  Flipper &operator=(const Flipper &) = delete;

 private:
  bool stop_ = false;
  bool started_ = false;
  std::thread thread_;
};

}  // namespace support

#endif
