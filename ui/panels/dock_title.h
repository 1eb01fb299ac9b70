// The slim title of a dock: a caption and a way to close it. Dragging it moves the dock.
#pragma once

#include <QWidget>

class QDockWidget;
class QLabel;

namespace headroom::ui {

class DockTitle final : public QWidget {
    Q_OBJECT

public:
    DockTitle(const QString& title, QDockWidget* dock);

    void setTitle(const QString& title);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

private:
    QLabel* m_caption;
};

} // namespace headroom::ui
