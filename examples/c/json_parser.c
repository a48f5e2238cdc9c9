/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * json_parser [FILE]: a small JSON parser that takes all its memory from the thread's scratch arena.
 *
 * A parse makes many small things that die together: nodes, decoded strings, the text written back. Each is a few
 * instructions to take, nothing is freed one by one, and leaving the scope gives everything back, also when the parse
 * failed half-way. A document that is too large for the arena is an error like any other.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "check.h"

#define DEPTH_MAX 64
#define ROUNDS 2000

typedef enum kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } kind;

typedef struct text {
  const char *bytes;
  size_t length;
} text;

typedef struct node {
  kind kind;
  text name;  /* of a member of an object */
  text value; /* of a number as it stands there, of a string decoded */
  struct node *first, *next;
} node;

typedef struct parser {
  dry_scratch *scratch;
  const char *start, *at, *end;
  const char *wrong; /* what went wrong, at `at`; NULL so far */
} parser;

static void *fail(parser *p, const char *wrong) {
  if (!p->wrong) p->wrong = wrong;
  return NULL;
}

static void *take(parser *p, size_t bytes, size_t align) {
  void *memory = NULL;
  if (dry_scratch_alloc(p->scratch, bytes, align, &memory) == DRY_OK) return memory;
  return fail(p, "too large for the scratch arena");
}

static void skip_space(parser *p) {
  while (p->at < p->end && strchr(" \t\r\n", *p->at) && *p->at) p->at++;
}

static int is_next(parser *p, char c) {
  skip_space(p);
  if (p->at == p->end || *p->at != c) return 0;
  p->at++;
  return 1;
}

static int hex4(parser *p, uint32_t *code) {
  if (p->end - p->at < 4) return 0;
  *code = 0;
  for (int i = 0; i < 4; i++) {
    const char c = *p->at++;
    if (!isxdigit((unsigned char)c)) return 0;
    *code = *code * 16 + (uint32_t)(isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10);
  }
  return 1;
}

/* A code point as UTF-8; it is never longer than the escape that it is written as. */
static char *put_code_point(char *to, uint32_t code) {
  static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
  const int bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (int i = bytes - 1; i > 0; i--, code >>= 6) to[i] = (char)(0x80 | (code & 0x3f));
  to[0] = (char)(leads[bytes == 1 ? 0 : bytes] | code);
  return to + bytes;
}

static char *unicode_escape(parser *p, char *to) {
  uint32_t code, low;
  if (!hex4(p, &code)) return fail(p, "\\u wants four hexadecimal digits");
  if (code >= 0xdc00 && code <= 0xdfff) return fail(p, "half a surrogate pair");
  if (code >= 0xd800 && code <= 0xdbff) {
    const int has_low = p->end - p->at >= 2 && p->at[0] == '\\' && p->at[1] == 'u';
    if (has_low) p->at += 2;
    if (!has_low || !hex4(p, &low) || low < 0xdc00 || low > 0xdfff) return fail(p, "half a surrogate pair");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  return put_code_point(to, code);
}

static char *escape(parser *p, char *to) {
  static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
  if (p->at == p->end) return fail(p, "a string without an end");
  const char c = *p->at++;
  if (c == 'u') return unicode_escape(p, to);
  const char *found = c ? strchr(from, c) : NULL;
  if (!found) return fail(p, "an escape that there is not");
  *to = into[found - from];
  return to + 1;
}

/* Behind its opening quote. Decoded it is at most as long as it stands there. */
static int parse_string(parser *p, text *out) {
  const char *end = p->at;
  while (end < p->end && *end != '"') end += *end == '\\' && end + 1 < p->end ? 2 : 1;
  char *to = take(p, (size_t)(end - p->at), 1);
  out->bytes = to;
  while (to && p->at < p->end && *p->at != '"') {
    if ((unsigned char)*p->at < 0x20) return fail(p, "a control character in a string") != NULL;
    if (*p->at != '\\') {
      *to++ = *p->at++;
    } else {
      p->at++;
      to = escape(p, to);
    }
  }
  if (!to) return 0;
  if (p->at == p->end) return fail(p, "a string without an end") != NULL;
  p->at++;
  out->length = (size_t)(to - out->bytes);
  return 1;
}

static int digits(parser *p) {
  const char *from = p->at;
  while (p->at < p->end && isdigit((unsigned char)*p->at)) p->at++;
  return p->at != from;
}

static node *parse_number(parser *p, node *n) {
  n->kind = JSON_NUMBER;
  n->value.bytes = p->at;
  if (*p->at == '-') p->at++;
  const int zero = p->at < p->end && *p->at == '0';
  if (zero) p->at++;
  if (!zero && !digits(p)) return fail(p, "no JSON value");
  if (p->at < p->end && *p->at == '.') {
    p->at++;
    if (!digits(p)) return fail(p, "a number without digits behind its point");
  }
  if (p->at < p->end && (*p->at | 32) == 'e') {
    p->at++;
    if (p->at < p->end && (*p->at == '+' || *p->at == '-')) p->at++;
    if (!digits(p)) return fail(p, "a number without an exponent");
  }
  n->value.length = (size_t)(p->at - n->value.bytes);
  return n;
}

static node *parse_word(parser *p, node *n) {
  static const char *const words[] = {"null", "false", "true"};
  for (kind k = JSON_NULL; k <= JSON_TRUE; k++) {
    const size_t length = strlen(words[k]);
    if ((size_t)(p->end - p->at) < length || memcmp(p->at, words[k], length) != 0) continue;
    p->at += length;
    n->kind = k;
    return n;
  }
  return parse_number(p, n);
}

static node *parse_value(parser *p, int depth);

static node *parse_element(parser *p, kind of, int depth) {
  text name = {NULL, 0};
  if (of == JSON_OBJECT) {
    if (!is_next(p, '"')) return fail(p, "a member without a name");
    if (!parse_string(p, &name)) return NULL;
    if (!is_next(p, ':')) return fail(p, "a member without a colon");
  }
  node *element = parse_value(p, depth);
  if (element) element->name = name;
  return element;
}

static node *parse_elements(parser *p, node *n, kind of, char closing, int depth) {
  n->kind = of;
  if (is_next(p, closing)) return n;
  for (node **last = &n->first;; last = &(*last)->next) {
    *last = parse_element(p, of, depth);
    if (!*last) return NULL;
    if (is_next(p, closing)) return n;
    if (!is_next(p, ',')) return fail(p, "neither a comma nor the end of a list");
  }
}

static node *parse_value(parser *p, int depth) {
  if (depth == DEPTH_MAX) return fail(p, "nested too deeply");
  node *n = take(p, sizeof *n, _Alignof(node));
  if (!n) return NULL;
  memset(n, 0, sizeof *n);
  if (is_next(p, '[')) return parse_elements(p, n, JSON_ARRAY, ']', depth + 1);
  if (is_next(p, '{')) return parse_elements(p, n, JSON_OBJECT, '}', depth + 1);
  if (is_next(p, '"')) {
    n->kind = JSON_STRING;
    return parse_string(p, &n->value) ? n : NULL;
  }
  if (p->at == p->end) return fail(p, "no JSON value");
  return parse_word(p, n);
}

static node *parse(parser *p, dry_scratch *scratch, const char *bytes, size_t length) {
  *p = (parser){scratch, bytes, bytes, bytes + length, NULL};
  node *root = parse_value(p, 0);
  skip_space(p);
  return root && p->at != p->end ? fail(p, "something behind the value") : root;
}

/* ---- writing back: counted first, then written into one piece of scratch ---------------------------------------- */

typedef struct writer {
  char *to; /* NULL: only count */
  size_t length;
} writer;

static void put(writer *w, const char *bytes, size_t length) {
  if (w->to) memcpy(w->to + w->length, bytes, length);
  w->length += length;
}

static void put_string(writer *w, text t) {
  put(w, "\"", 1);
  for (size_t i = 0; i < t.length; i++) {
    char escaped[8];
    const unsigned char c = (unsigned char)t.bytes[i];
    if (c == '"' || c == '\\') put(w, "\\", 1);
    if (c < 0x20) {
      put(w, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", c));
    } else {
      put(w, &t.bytes[i], 1);
    }
  }
  put(w, "\"", 1);
}

static void put_node(writer *w, const node *n) {
  static const char *const words[] = {"null", "false", "true"};
  if (n->kind <= JSON_TRUE) put(w, words[n->kind], strlen(words[n->kind]));
  if (n->kind == JSON_NUMBER) put(w, n->value.bytes, n->value.length);
  if (n->kind == JSON_STRING) put_string(w, n->value);
  if (n->kind < JSON_ARRAY) return;
  put(w, n->kind == JSON_ARRAY ? "[" : "{", 1);
  for (const node *child = n->first; child; child = child->next) {
    if (child != n->first) put(w, ",", 1);
    if (n->kind == JSON_OBJECT) {
      put_string(w, child->name);
      put(w, ":", 1);
    }
    put_node(w, child);
  }
  put(w, n->kind == JSON_ARRAY ? "]" : "}", 1);
}

static text write_back(dry_scratch *scratch, const node *root) {
  writer w = {NULL, 0};
  put_node(&w, root);
  void *memory = NULL;
  CHECK_OK(dry_scratch_alloc(scratch, w.length, 1, &memory));
  w = (writer){memory, 0};
  put_node(&w, root);
  return (text){w.to, w.length};
}

/* ---- what it shows ---------------------------------------------------------------------------------------------- */

static const char document[] =
    "{ \"name\": \"dry stone\", \"courses\": [1, 2.50, -3e2, 0, {\"deep\": [[], {}, [null, true, false]]}],\n"
    "  \"text\": \"caf\\u00e9 \\ud83d\\ude00 \\\"quoted\\\" \\\\ \\/ tab\\t\", \"\": \"\" }";
static const char expected[] =
    "{\"name\":\"dry stone\",\"courses\":[1,2.50,-3e2,0,{\"deep\":[[],{},[null,true,false]]}],"
    "\"text\":\"caf\xc3\xa9 \xf0\x9f\x98\x80 \\\"quoted\\\" \\\\ / tab\\u0009\",\"\":\"\"}";

static dry_scratch_stats stats_of(const dry_scratch *scratch) {
  dry_scratch_stats stats;
  CHECK_OK(dry_scratch_get_stats(scratch, &stats));
  return stats;
}

/* Parses and writes back within a scope of its own. What was written, parsed again, is written the same. */
static size_t round_trip(dry_scratch *scratch, const char *bytes, size_t length, const char *wanted) {
  dry_scratch_scope scope;
  parser p;
  CHECK_OK(dry_scratch_begin(scratch, &scope));
  const node *root = parse(&p, scratch, bytes, length);
  if (!root) fprintf(stderr, "at byte %td: %s\n", p.at - p.start, p.wrong);
  CHECK(root);
  const text once = write_back(scratch, root);
  const node *again = parse(&p, scratch, once.bytes, once.length);
  CHECK(again);
  const text twice = write_back(scratch, again);
  CHECK(once.length == twice.length && memcmp(once.bytes, twice.bytes, once.length) == 0);
  CHECK(!wanted || (once.length == strlen(wanted) && memcmp(once.bytes, wanted, once.length) == 0));
  CHECK_OK(dry_scratch_end(scratch, &scope));
  CHECK(stats_of(scratch).used_bytes == 0);
  return once.length;
}

static void refuse(dry_scratch *scratch, const char *bytes, size_t length, ptrdiff_t at, const char *wrong) {
  dry_scratch_scope scope;
  parser p;
  CHECK_OK(dry_scratch_begin(scratch, &scope));
  CHECK(!parse(&p, scratch, bytes, length));
  const int as_wanted = strcmp(p.wrong, wrong) == 0 && (at < 0 || p.at - p.start == at);
  if (!as_wanted) fprintf(stderr, "at byte %td: %s\n", p.at - p.start, p.wrong);
  CHECK(as_wanted);
  CHECK_OK(dry_scratch_end(scratch, &scope));
  CHECK(stats_of(scratch).used_bytes == 0);
}

static void refuse_malformed(dry_scratch *scratch) {
  static const struct {
    const char *text;
    ptrdiff_t at;
    const char *wrong;
  } cases[] = {
      {"", 0, "no JSON value"},
      {"[1, 2", 5, "neither a comma nor the end of a list"},
      {"[1,]", 3, "no JSON value"},
      {"{\"a\" 1}", 5, "a member without a colon"},
      {"{1: 2}", 1, "a member without a name"},
      {"\"open", 5, "a string without an end"},
      {"\"\\x\"", 3, "an escape that there is not"},
      {"\"\\ud800\"", 7, "half a surrogate pair"},
      {"\"\\u12g4\"", 6, "\\u wants four hexadecimal digits"},
      {"01", 1, "something behind the value"},
      {"1.", 2, "a number without digits behind its point"},
      {"2e+", 3, "a number without an exponent"},
      {"nul", 0, "no JSON value"},
      {"true false", 5, "something behind the value"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    refuse(scratch, cases[i].text, strlen(cases[i].text), cases[i].at, cases[i].wrong);
  }
  printf("%zu malformed texts were refused, each where it goes wrong, and left nothing behind\n",
         sizeof cases / sizeof *cases);
}

static void refuse_too_large(dry_scratch *scratch) {
  enum { kElements = 200000, kDeep = 1000 };
  static char many[2 * kElements + 1], deep[kDeep];
  for (int i = 0; i < kElements; i++) memcpy(many + 2 * i, i == 0 ? "[1" : ",1", 2);
  many[2 * kElements] = ']';
  refuse(scratch, many, sizeof many, -1, "too large for the scratch arena");
  CHECK(stats_of(scratch).failures == 1);
  memset(deep, '[', sizeof deep);
  refuse(scratch, deep, sizeof deep, DEPTH_MAX, "nested too deeply");
  printf("a list of %d numbers needs more than the arena's %" PRIu64 " bytes: refused as well\n", kElements,
         stats_of(scratch).capacity_bytes);
}

static void parse_file(dry_scratch *scratch, const char *path) {
  static char bytes[1 << 20];
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(1);
  }
  const size_t length = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  printf("%s: %zu bytes, %zu without spaces\n", path, length, round_trip(scratch, bytes, length, NULL));
}

int main(int argc, char **argv) {
  dry_scratch *scratch = NULL;
  CHECK_OK(dry_scratch_thread(&scratch));
  if (argc > 1) {
    parse_file(scratch, argv[1]);
    return 0;
  }
  for (int i = 0; i < ROUNDS; i++) round_trip(scratch, document, sizeof document - 1, expected);
  const dry_scratch_stats stats = stats_of(scratch);
  CHECK(stats.scopes == ROUNDS && stats.failures == 0 && stats.fallbacks == 0);
  printf("%d documents: %" PRIu64 " allocations, never more than %" PRIu64 " bytes at once, none left\n", ROUNDS,
         stats.allocations, stats.peak_bytes);
  refuse_malformed(scratch);
  refuse_too_large(scratch);
  CHECK_OK(dry_scratch_release_thread());
  return 0;
}
