// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"encoding/json"
	"testing"
)

func TestWhatEncodingJSONLetsPassIsRefused(t *testing.T) {
	for text, fine := range map[string]bool{
		`"\ud83e\uddf1"`: true, `"\\ud800"`: true, `"\ud83e\uddf1\u0041"`: true, `"\u00e9"`: true,
		`"\ud800"`: false, `"\udc00"`: false, `"\ud800x"`: false, `"\ud800\ud800"`: false, `"\ud800\u0041"`: false,
		`"\ud83e\n\uddf1"`: false, "\"\xff\"": false, "\ufeff1": false, `1 2`: false, ``: false,
	} {
		if err := guarded(func() { parseJSON([]byte(text)) }); (err == nil) != fine {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestIntegers(t *testing.T) {
	for text, want := range map[any]string{
		json.Number("0"): "0", json.Number("-0"): "0", json.Number("-5"): "-5", "18446744073709551615": `"18446744073709551615"`,
		json.Number("9007199254740992"): "9007199254740992", json.Number("9007199254740993"): `"9007199254740993"`,
		"-9223372036854775808": "-9223372036854775808", "007": "7",
	} {
		if got := canonical(canonicalInteger(parseInteger(text, "it"))); got != want {
			t.Errorf("%v is %s, not %s", text, got, want)
		}
	}
	for _, value := range []any{json.Number("1.0"), json.Number("1e3"), true, "", "+1", " 1", "18446744073709551616", "-9223372036854775809", nil} {
		if guarded(func() { parseInteger(value, "it") }) == nil {
			t.Errorf("%v passes for an integer", value)
		}
	}
}

func TestCanonicalBytes(t *testing.T) {
	for text, want := range map[string]string{
		"": `""`, "a\"\\/": `"a\"\\/"`, "é€🧱": `"é€🧱"`, "\n": `{"hex":"0a"}`, "\x7f": `{"hex":"7f"}`, "\u0085": `{"hex":"c285"}`,
		"\u00a0": "\"\u00a0\"", "\xff": `{"hex":"ff"}`, "\xed\xa0\x80": `{"hex":"eda080"}`,
	} {
		if got := canonical(canonicalBytes([]byte(text))); got != want {
			t.Errorf("%q is %s, not %s", text, got, want)
		}
	}
}

func TestTranscriptNames(t *testing.T) {
	if got := safeName("a/b é.Z-_9"); got != "a_b___.Z-_9" {
		t.Errorf("%q", got)
	}
}
