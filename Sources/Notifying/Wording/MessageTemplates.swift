// SPDX-License-Identifier: MIT
import Configuration
import Rules

/// What the user has a receiver say.
package struct WordingTemplates: Sendable {
  /// The first line and title; nil for hvsmon's own.
  let title: TextTemplate?
  /// What stands below; nil for hvsmon's own.
  let text: TextTemplate?
}

/// The templates of the user for messages: the files that `templates` names.
struct MessageTemplates: Sendable {
  /// The most files.
  static let filesMax = 100

  /// The functions that templates of messages may call: those of rules, and what Alertmanager has
  /// besides.
  static let functions = TemplateFunctionSet.alerting.adding(MessageFunctions.all)

  /// All definitions of the files; nil when there are none.
  private let library: TextTemplate?

  /// Reads the list `templates` of files and patterns; faults are noted with their places.
  init(_ section: SettingsSection) {
    var library: TextTemplate?
    var names: [(path: String, text: String)] = []
    // Those within the limit are read all the same: receivers may name what they define.
    naming: for item in section.texts("templates") {
      let paths = section.files(item.text)
      if paths.isEmpty {
        section.report("templates", at: item.mark, "no file is called \(item.text)")
      }
      for path in paths {
        guard names.count < Self.filesMax else {
          section.report("templates", "must name at most \(Self.filesMax) files")
          break naming
        }
        do throws(SettingsEnvironment.Unreadable) {
          names.append((path, try section.readFile(path)))
        } catch {
          section.report("templates", at: item.mark, "cannot read \(path): \(error.reason)")
        }
      }
    }
    var parsed: [(path: String, template: TextTemplate)] = []
    for (path, text) in names {
      do throws(TemplateError) {
        let template = try TextTemplate(
          parsing: text,
          functions: Self.functions,
          library: library
        )
        library = template
        parsed.append((path, template))
      } catch {
        section.report(inFile: path, line: error.line, column: error.column, error.reason)
      }
    }
    // A file may call what a later one defines.
    if let all = library {
      for (path, template) in parsed {
        for call in template.calls where !all.defines(call.name) {
          section.report(
            inFile: path,
            line: call.line,
            column: call.column,
            "no template is called \"\(call.name)\""
          )
        }
      }
    }
    self.library = library
  }

  /// What `title` and `text` of a receiver's item say; nil when neither stands there.
  func wording(_ section: SettingsSection) -> WordingTemplates? {
    let words = WordingTemplates(
      title: template("title", of: section),
      text: template("text", of: section)
    )
    return words.title == nil && words.text == nil ? nil : words
  }

  /// The template of `key`, which may call those of the files; nil without one, or after a fault.
  private func template(_ key: String, of section: SettingsSection) -> TextTemplate? {
    guard let text = section.text(key) else { return nil }
    do throws(TemplateError) {
      let template = try TextTemplate(
        parsing: text,
        functions: Self.functions,
        library: library
      )
      for call in template.calls where !template.defines(call.name) {
        let names = library?.definedNames ?? []
        let hint = nearestName(to: call.name, among: names).map { "; did you mean \"\($0)\"?" }
        section.report(
          key,
          "\(call.line):\(call.column): no template is called \"\(call.name)\"\(hint ?? "")"
        )
      }
      return template
    } catch {
      section.report(key, "could not parse template: \(error)")
      return nil
    }
  }
}
