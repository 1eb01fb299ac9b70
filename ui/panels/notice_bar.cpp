#include "ui/panels/notice_bar.h"

#include "ui/format.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include <algorithm>

namespace headroom::ui {

QColor moodInk(const Theme& theme, Mood mood)
{
    switch (mood) {
    case Mood::plain:
        return theme.muted;
    case Mood::good:
        return theme.good;
    case Mood::warning:
        return theme.warning;
    case Mood::bad:
        return theme.bad;
    }
    return theme.text;
}

QColor moodGround(const Theme& theme, Mood mood)
{
    switch (mood) {
    case Mood::plain:
        return theme.card;
    case Mood::good:
        return theme.goodBack;
    case Mood::warning:
        return theme.warningBack;
    case Mood::bad:
        return theme.badBack;
    }
    return theme.card;
}

NoticeBar::NoticeBar(QWidget* parent) : QWidget(parent), m_text(new QLabel), m_row(new QHBoxLayout(this))
{
    m_row->setContentsMargins(16, 6, 12, 6);
    m_row->setSpacing(8);
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_row->addWidget(m_text, 1);
    setAutoFillBackground(true);
    setAccessibleName(tr("Notice"));
    hide();
}

void NoticeBar::post(Notice notice)
{
    std::erase_if(m_notices, [&](const Notice& old) { return old.id == notice.id; });
    m_notices.push_back(std::move(notice));
    showLatest();
}

void NoticeBar::withdraw(const QString& id)
{
    if (std::erase_if(m_notices, [&](const Notice& old) { return old.id == id; }) > 0)
        showLatest();
}

QString NoticeBar::text() const { return m_notices.empty() ? QString() : m_notices.back().text; }

void NoticeBar::setTheme(const Theme& theme)
{
    m_theme = &theme;
    showLatest();
}

void NoticeBar::showLatest()
{
    if (m_buttons != nullptr)
        m_buttons->deleteLater(); // one of them may have been pressed to get here
    m_buttons = nullptr;
    setVisible(!m_notices.empty());
    if (m_notices.empty())
        return;
    const Notice& latest = m_notices.back();
    m_text->setText(unbroken(latest.text));
    setAccessibleDescription(latest.text);
    QPalette colours = palette();
    colours.setColor(QPalette::Window, latest.mood == Mood::plain ? m_theme->field : moodGround(*m_theme, latest.mood));
    colours.setColor(QPalette::WindowText, latest.mood == Mood::plain ? m_theme->text : moodInk(*m_theme, latest.mood));
    setPalette(colours);
    m_buttons = new QWidget;
    auto* row = new QHBoxLayout(m_buttons);
    row->setContentsMargins(0, 0, 0, 0);
    std::vector<NoticeButton> buttons = latest.buttons;
    buttons.push_back({tr("Dismiss"), {}});
    for (const NoticeButton& button : buttons) {
        auto* push = new QPushButton(button.text);
        push->setAccessibleName(button.text);
        connect(push, &QPushButton::clicked, this, [this, id = latest.id, act = button.act] {
            withdraw(id);
            if (act)
                act();
        });
        row->addWidget(push);
    }
    m_row->addWidget(m_buttons);
}

} // namespace headroom::ui
