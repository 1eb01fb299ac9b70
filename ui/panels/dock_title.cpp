#include "ui/panels/dock_title.h"

#include <QDockWidget>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace headroom::ui {

namespace {

constexpr int kHeight = 28;
constexpr int kMargin = 14;

} // namespace

DockTitle::DockTitle(const QString& title, QDockWidget* dock) : QWidget(dock), m_caption(new QLabel)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(kMargin, 4, 6, 0);
    m_caption->setProperty("caption", true);
    QFont spaced = m_caption->font();
    spaced.setCapitalization(QFont::AllUppercase);
    spaced.setLetterSpacing(QFont::PercentageSpacing, 106);
    spaced.setWeight(QFont::DemiBold);
    m_caption->setFont(spaced);
    auto* close = new QToolButton;
    close->setText(QStringLiteral("×"));
    close->setToolTip(tr("Hide this dock; the View menu shows it again"));
    close->setAccessibleName(tr("Hide the dock %1").arg(title));
    close->setProperty("slim", true);
    close->setFocusPolicy(Qt::NoFocus);
    connect(close, &QToolButton::clicked, dock, &QDockWidget::close);
    row->addWidget(m_caption, 1);
    row->addWidget(close);
    setTitle(title);
}

void DockTitle::setTitle(const QString& title) { m_caption->setText(title); }

QSize DockTitle::sizeHint() const { return {120, kHeight}; }

} // namespace headroom::ui
