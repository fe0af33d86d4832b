/* A program of 32 bits, without a C library: waits for its child in call 7, which is poll for one of 64 bits. */
static int call(int number, int first, int second, int third) {
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second), "d"(third) : "memory");
  return result;
}

enum { EXIT = 1, FORK = 2, WRITE = 4, WAITPID = 7, PAUSE = 29 };

void _start(void) {
  if (call(FORK, 0, 0, 0) == 0) for (;;) call(PAUSE, 0, 0, 0);
  call(WRITE, 1, (int)"ready\n", 6);
  call(WAITPID, -1, 0, 0);
  call(EXIT, 0, 0, 0);
}
