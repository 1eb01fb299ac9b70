// The slider of the plan dock and of the playback: thin track, round handle that follows a press beside it.
#pragma once

#include <QSlider>

namespace headroom::ui {

/// A horizontal slider that leaves the meaning of a step to its owner: on a log scale one tick is not one step.
class ValueSlider final : public QSlider {
    Q_OBJECT

public:
    explicit ValueSlider(QWidget* parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }
    /// Where the handle's centre stands for a value, in widget coordinates. For tests and screen drivers.
    QPoint handleCentre(int value) const;

signals:
    /// Arrow keys, Page keys (ten at once) or the wheel.
    void stepRequested(int steps);
    void resetRequested();

protected:
    void paintEvent(QPaintEvent*) override;
    void mousePressEvent(QMouseEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void mouseDoubleClickEvent(QMouseEvent*) override;
    void keyPressEvent(QKeyEvent*) override;
    void wheelEvent(QWheelEvent*) override;
    void enterEvent(QEnterEvent*) override;
    void leaveEvent(QEvent*) override;

private:
    int valueUnder(int x) const;

    int m_grabOffset = 0; ///< from the handle's centre to where it was taken
};

} // namespace headroom::ui
