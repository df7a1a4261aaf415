#include "node/warning.h"

#include <v8.h>

#include "green/thread.h"
#include "node/environment.h"

namespace greenify::node {
namespace {

constexpr int kFrames = 10;

std::string to_string(v8::Isolate* isolate, v8::Local<v8::String> text) {
  if (text.IsEmpty()) return "";
  const v8::String::Utf8Value characters(isolate, text);
  return *characters != nullptr ? *characters : "";
}

v8::Local<v8::Value> to_value(v8::Isolate* isolate, const std::string& text) {
  return v8::String::NewFromUtf8(isolate, text.c_str()).ToLocalChecked();
}

void emit(const char* code, const std::string& text) {
  Environment& environment = *Environment::here();
  v8::Isolate* isolate = environment.isolate();
  const v8::HandleScope handles(isolate);
  const v8::Local<v8::Function> warner = environment.warner();
  if (warner.IsEmpty()) return;
  v8::Local<v8::Value> arguments[] = {to_value(isolate, code), to_value(isolate, text)};
  const v8::TryCatch ignored(isolate);
  [[maybe_unused]] const auto result =
      warner->Call(isolate->GetCurrentContext(), v8::Undefined(isolate), 2, arguments);
}

std::string describe_stack() {
  v8::Isolate* isolate = Environment::here()->isolate();
  const v8::HandleScope handles(isolate);
  const v8::Local<v8::StackTrace> trace = v8::StackTrace::CurrentStackTrace(isolate, kFrames);
  std::string lines;
  for (int i = 0; i < trace->GetFrameCount(); i++) {
    const v8::Local<v8::StackFrame> frame = trace->GetFrame(isolate, static_cast<uint32_t>(i));
    const std::string function = to_string(isolate, frame->GetFunctionName());
    lines += "    at " + (function.empty() ? std::string("<anonymous>") : function) + " (" +
             to_string(isolate, frame->GetScriptNameOrSourceURL()) + ":" +
             std::to_string(frame->GetLineNumber()) + ":" + std::to_string(frame->GetColumn()) +
             ")\n";
  }
  return lines;
}

}  // namespace

void warn(const char* code, const std::string& text) {
  green::on_own_stack([&] { emit(code, text); });
}

std::string current_stack() {
  std::string lines;
  green::on_own_stack([&] { lines = describe_stack(); });
  return lines;
}

}  // namespace greenify::node
