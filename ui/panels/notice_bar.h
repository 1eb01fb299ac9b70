// A line above the verdict for what the user should know and may act on. Never a modal box: work goes on.
#pragma once

#include "ui/panels/verdict.h"
#include "ui/theme.h"

#include <QWidget>

#include <functional>
#include <vector>

class QHBoxLayout;
class QLabel;

namespace headroom::ui {

struct NoticeButton {
    QString text;
    std::function<void()> act; ///< may be empty: only dismisses
};

struct Notice {
    QString id; ///< a newer notice of the same id takes the place of an older one
    QString text;
    Mood mood = Mood::plain;
    std::vector<NoticeButton> buttons; ///< a Dismiss button is always added
};

/// Shows the latest of the notices that were not dismissed.
class NoticeBar final : public QWidget {
    Q_OBJECT

public:
    explicit NoticeBar(QWidget* parent = nullptr);

    void post(Notice notice);
    void withdraw(const QString& id);
    /// Text of the notice in view; empty = none.
    QString text() const;
    void setTheme(const Theme&);

private:
    void showLatest();

    std::vector<Notice> m_notices;
    QLabel* m_text = nullptr;
    QWidget* m_buttons = nullptr;
    QHBoxLayout* m_row = nullptr;
    const Theme* m_theme = &lightTheme();
};

/// Colours of a mood: as text, and behind text.
QColor moodInk(const Theme&, Mood);
QColor moodGround(const Theme&, Mood);

} // namespace headroom::ui
