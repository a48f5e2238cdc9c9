// SPDX-License-Identifier: MIT OR Apache-2.0
#include "step.h"

#include <algorithm>

#include "expectation.h"

namespace {

bool is_one_of(const std::string &text, const std::vector<std::string> &texts) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

std::string parse_object_name(const Json &json, const char *member, Need need) {
  const auto found = json.find(member);
  if (found == json.end()) {
    if (need == Need::kRequired) throw Malformed(std::string("\"") + member + "\" is missing");
    return "";
  }
  if (need == Need::kNone) throw Malformed(std::string("\"") + member + "\" means nothing here");
  std::string text = parse_text(*found, member);
  if (text.empty()) throw Malformed(std::string("\"") + member + "\" is empty");
  return text;
}

std::string parse_choice(const Argument &argument, const Json &json) {
  std::string text = parse_text(json, argument.name);
  if (!is_one_of(text, argument.choices)) throw Malformed(argument.name + " can't be \"" + text + "\"");
  return text;
}

std::vector<std::string> parse_keys(const Argument &argument, const Json &json) {
  if (!json.is_array()) throw Malformed(argument.name + " must be an array, not " + canonical_text(json));
  std::vector<std::string> keys;
  for (const Json &key : json) keys.push_back(parse_bytes(key, argument.name));
  return keys;
}

void parse_argument(const Argument &argument, const Json &json, Step &step) {
  switch (argument.type) {
    case ArgumentType::kInteger: step.integers[argument.name] = parse_integer(json, argument.name); break;
    case ArgumentType::kBytes: step.texts[argument.name] = parse_bytes(json, argument.name); break;
    case ArgumentType::kName: step.texts[argument.name] = parse_text(json, argument.name); break;
    case ArgumentType::kChoice: step.texts[argument.name] = parse_choice(argument, json); break;
    case ArgumentType::kYesOrNo: step.answers[argument.name] = parse_yes_or_no(json, argument.name); break;
    case ArgumentType::kKeys: step.keys = parse_keys(argument, json); break;
  }
}

void parse_arguments(const Json &with, Step &step) {
  if (!with.is_object()) throw Malformed("\"with\" must be an object, not " + canonical_text(with));
  std::vector<std::string> allowed;
  for (const Argument &argument : step.operation->arguments) {
    allowed.push_back(argument.name);
    const auto found = with.find(argument.name);
    if (found != with.end()) {
      parse_argument(argument, *found, step);
    } else if (argument.required) {
      throw Malformed("argument \"" + argument.name + "\" is missing");
    }
  }
  allow_members(with, allowed);
}

// What the tables of arguments cannot say.
void check_combinations(const Step &step) {
  const std::string &name = step.operation->name;
  const bool makes_part = step.operation->as != Need::kNone && step.operation->in == Need::kOptional;
  if (makes_part && step.in.empty() == step.has_text("part")) {
    throw Malformed("\"in\" and argument \"part\" go together");
  }
  if (name == "region.damage" || name == "region.truncate") {
    const int given = !step.on.empty() + step.has_text("file") + step.has_text("name");
    if (given != 1) throw Malformed("exactly one of \"on\", and arguments \"file\" and \"name\" must be given");
  }
}

uint64_t parse_repeat(const Json &json) {
  allow_members(json, {"repeat", "steps"});
  const auto steps = json.find("steps");
  if (steps == json.end() || !steps->is_array()) throw Malformed("a repeat needs an array \"steps\"");
  const Integer count = parse_integer(json["repeat"], "\"repeat\"");
  if (count.negative) throw Malformed("\"repeat\" can't be negative");
  return count.bits;
}

bool is_repeat(const Json &step) { return step.is_object() && step.contains("repeat"); }

// Only the count of an inner repeat belongs to this round: its steps will get rounds of their own.
Json in_round(const Json &step, const std::string &round) {
  if (!is_repeat(step)) return expanded(step, round);
  Json copy = step;
  copy["repeat"] = expanded(step["repeat"], round);
  return copy;
}

void visit_step(const Json &step, bool once, const std::function<void(const Json &)> &visit) {
  if (!is_repeat(step)) return visit(step);
  const uint64_t count = parse_repeat(step);
  const uint64_t rounds = once ? 1 : count;
  for (uint64_t round = 0; round < rounds; round++) {
    for (const Json &inner : step["steps"]) visit_step(in_round(inner, std::to_string(round)), once, visit);
  }
}

}  // namespace

void allow_members(const Json &object, const std::vector<std::string> &allowed) {
  for (const auto &member : object.items()) {
    if (!is_one_of(member.key(), allowed)) throw Malformed("unknown key \"" + member.key() + "\"");
  }
}

Step parse_step(const Json &json) {
  if (!json.is_object()) throw Malformed("a step must be an object, not " + canonical_text(json));
  allow_members(json, {"do", "as", "on", "in", "with", "expect"});
  const auto name = json.find("do");
  if (name == json.end()) throw Malformed("a step needs \"do\" or \"repeat\"");
  Step step;
  step.operation = find_operation(parse_text(*name, "\"do\""));
  if (step.operation == nullptr) throw Malformed("unknown operation \"" + name->get<std::string>() + "\"");
  step.as = parse_object_name(json, "as", step.operation->as);
  step.on = parse_object_name(json, "on", step.operation->on);
  step.in = parse_object_name(json, "in", step.operation->in);
  parse_arguments(json.value("with", Json::object()), step);
  check_combinations(step);
  step.expect = json.value("expect", Json::object());
  check_expectation(*step.operation, step.expect);
  return step;
}

void for_each_step(const Json &steps, bool once, const std::function<void(const Json &)> &visit) {
  for (const Json &step : steps) visit_step(step, once, visit);
}
